import type { Context } from '../context.ts';

const standardInput = 0;

/** Puts the terminal on stdin into raw mode until disposed; nothing where stdin is no terminal. */
export async function rawMode({ stdin, machine }: Pick<Context, 'stdin' | 'machine'>): Promise<Disposable> {
  if (!stdin.isTTY) return { [Symbol.dispose]: () => undefined };
  stdin.setRawMode(true);
  const restore = (): void => { stdin.setRawMode(false); };
  process.once('exit', restore);
  await machine.passOutput(standardInput);
  return {
    [Symbol.dispose]: () => {
      process.off('exit', restore);
      restore();
    },
  };
}

/** Rows and columns, if stdout is a terminal. */
export function terminalSize(context: Context): { h: number; w: number } | undefined {
  const { stdout } = context;
  return stdout.isTTY ? { h: stdout.rows, w: stdout.columns } : undefined;
}

/**
 * Tells the engine the terminal's size now and at each change, one after the other: two at once could arrive in either order.
 * Failures are not told: the process may have ended meanwhile.
 */
export function followSize(context: Context, path: string): Disposable {
  let telling = false;
  let changed = false;
  const tell = async (): Promise<void> => {
    telling = true;
    do {
      changed = false;
      const size = terminalSize(context);
      if (size !== undefined) await context.api.done({ method: 'POST', path, query: size }).catch(() => undefined);
    } while (changed);
    telling = false;
  };
  const resize = (): void => {
    changed = true;
    if (!telling) void tell();
  };
  resize();
  context.stdout.on('resize', resize);
  return { [Symbol.dispose]: () => { context.stdout.off('resize', resize); } };
}
