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

/** Tells the engine the terminal's size now and at each change. Failures are not told: the process may have ended meanwhile. */
export function followSize(context: Context, path: string): Disposable {
  const resize = (): void => {
    const size = terminalSize(context);
    if (size !== undefined) context.api.done({ method: 'POST', path, query: size }).catch(() => undefined);
  };
  resize();
  context.stdout.on('resize', resize);
  return { [Symbol.dispose]: () => { context.stdout.off('resize', resize); } };
}
