import { spawn } from 'node:child_process';

export interface Sample { name: string; values: number[] }

export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/** Linear between neighbours; NaN of nothing. */
export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)] ?? NaN;
  const high = sorted[Math.ceil(position)] ?? NaN;
  return low + (high - low) * (position - Math.floor(position));
}

/** Milliseconds that an act takes. */
export async function time(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** Runs a program to its end without a terminal. @throws with its words when it fails */
export async function runProgram(argv: string[], cwd = '/'): Promise<void> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${code}: ${words.trim()}`);
}

/**
 * Takes turns in the order ABC CBA ABC …, so that a slow drift of the machine falls on all alike. The first turn of each warms up
 * and is dropped, unless `warmUp` is false: memory has none. A subject that fails leaves the field; its reason is told.
 */
export async function takeTurns(subjects: { name: string; once: () => Promise<number> }[], options: { rounds: number; warmUp: boolean }): Promise<Sample[]> {
  const samples: Sample[] = subjects.map(({ name }) => ({ name, values: [] }));
  const failed = new Set<string>();
  const first = options.warmUp ? 0 : 1;
  for (let round = first; round <= options.rounds; round++) {
    const order = subjects.map((subject, index) => ({ subject, values: samples[index]?.values ?? [] }));
    if (round % 2 === 1) order.reverse();
    for (const { subject, values } of order) {
      if (failed.has(subject.name)) continue;
      try {
        const value = await subject.once();
        if (round > 0) values.push(value);
      } catch (error) {
        failed.add(subject.name);
        console.error(`  ${subject.name} fails here and is left out: ${error instanceof Error ? error.message : String(error)}`);
        values.length = 0;
      }
    }
  }
  return samples;
}
