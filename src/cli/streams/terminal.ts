import type { Context } from '../context.ts';

const standardInput = 0;

/** Puts the terminal on stdin into raw mode until disposed or the process ends; undefined where stdin is no terminal. */
export async function rawMode({ stdin, machine }: Pick<Context, 'stdin' | 'machine'>): Promise<Disposable | undefined> {
  if (!stdin.isTTY) return undefined;
  stdin.setRawMode(true);
  const restore = (): void => { stdin.setRawMode(false); };
  process.once('exit', restore);
  using stack = new DisposableStack();
  stack.defer(() => {
    process.off('exit', restore);
    restore();
  });
  for (const signal of deadly) stack.use(beforeDeath(signal, restore));
  await machine.passOutput(standardInput);
  return stack.move();
}

const deadly = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

/** Acts before the process dies of a signal; undefined where somebody else listens to it. */
function beforeDeath(signal: NodeJS.Signals, act: () => void): Disposable | undefined {
  if (process.listenerCount(signal) > 0) return undefined;
  const die = (): void => {
    act();
    // Without a listener it is deadly again.
    process.kill(process.pid, signal);
  };
  process.once(signal, die);
  return { [Symbol.dispose]: () => { process.off(signal, die); } };
}

/** Rows and columns, if stdout is a terminal. */
export function terminalSize(context: Context): { h: number; w: number } | undefined {
  const { stdout } = context;
  return stdout.isTTY ? { h: stdout.rows, w: stdout.columns } : undefined;
}

/**
 * Tells another size than the terminal's: when the right one follows, the program draws its screen again, and who comes back to a shell sees its prompt.
 * For attaching to what runs already; followSize() comes after it.
 */
export async function provokeRedraw(context: Context, path: string): Promise<void> {
  const size = terminalSize(context);
  if (size !== undefined) await context.api.done({ method: 'POST', path, query: { h: size.h + 1, w: size.w + 1 } }).catch(() => undefined);
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
