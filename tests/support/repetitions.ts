/**
 * How often a test does again what may fail once in many times. The virtual machine's emulated processors are ten to fifty times slower than real ones:
 * there a fifth says that it works on that kernel, and what is rare is looked for on the real machine.
 */
export function repetitions(count: number): number {
  return process.env['GANTRY_IN_VM'] === undefined ? count : Math.ceil(count / 5);
}

/** The first of many things that are done each: all of them, or a fifth. */
export function some<T>(things: readonly T[]): T[] {
  return things.slice(0, repetitions(things.length));
}
