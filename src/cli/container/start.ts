import { GantryError } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import type { Context } from '../context.ts';
import { each, segment } from '../each.ts';
import { bool, text } from '../grammar/flag.ts';
import { detachKeysOf } from '../streams/detach-keys.ts';
import { session } from '../streams/session.ts';
import { proxySignals } from '../streams/signals.ts';
import { followSize } from '../streams/terminal.ts';
import { inspectContainer } from './container-state.ts';
import { registerWait } from './wait-for-exit.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: {
    attach: bool('Attach STDOUT/STDERR and forward signals', { short: 'a' }),
    checkpoint: text('Restore from this checkpoint'),
    'checkpoint-dir': text('Use a custom checkpoint storage directory'),
    'detach-keys': text('Override the key sequence for detaching a container'),
    interactive: bool("Attach container's STDIN", { short: 'i' }),
  },
  arity: atLeast(1),
  names: 'container',
  examples: [['Run a job again and see its output', 'gantry start -a job'], ['Go back into a shell', 'gantry start -ai box']],
  async run({ context, flags, args }) {
    const query = { checkpoint: flags.checkpoint || undefined, 'checkpoint-dir': flags['checkpoint-dir'] || undefined };
    if (!flags.attach && !flags.interactive) {
      await each(context, args, async (name) => {
        await context.api.done({ method: 'POST', path: `/containers/${segment(name)}/start`, query });
        return name;
      }, { summary: 'Error: failed to start containers' });
      return 0;
    }
    if (args.length > 1) throw new GantryError('invalid', 'you cannot start and attach multiple containers at once');
    return startAttached(context, args[0] ?? '', { interactive: flags.interactive, keys: flags['detach-keys'], query });
  },
});

interface Attaching { interactive: boolean; keys: string; query: Record<string, string | undefined> }

async function startAttached(context: Context, name: string, { interactive, keys, query }: Attaching): Promise<number> {
  const found = await inspectContainer(context, name);
  const { Tty: tty, OpenStdin: open } = found.Config;
  const stdin = interactive && open;
  const { stream } = await context.api.hijack({
    path: `/containers/${found.Id}/attach`,
    query: { stream: true, stdin: stdin || undefined, stdout: true, stderr: true, detachKeys: keys || context.config.detachKeys },
  });
  if (tty) context.interruptible();
  using _signals = tty ? undefined : proxySignals(context, found.Id);
  const { exitCode } = await registerWait(context, found.Id, found.HostConfig.AutoRemove ? 'removed' : 'next-exit');
  const joined = session(context, { stream, tty, stdin, stdout: true, stderr: true, detachKeys: detachKeysOf(context, keys) });
  joined.catch(() => undefined);
  try {
    await context.api.done({ method: 'POST', path: `/containers/${found.Id}/start`, query });
  } catch (error) {
    stream.destroy();
    await joined.catch(() => undefined);
    throw error;
  }
  using _size = tty ? followSize(context, `/containers/${found.Id}/resize`) : undefined;
  return await joined === 'detached' ? 0 : exitCode;
}
