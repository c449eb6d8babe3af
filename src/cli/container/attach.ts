import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import type { Context } from '../context.ts';
import { segment } from '../each.ts';
import { ExitError } from '../errors.ts';
import { bool, text } from '../grammar/flag.ts';
import { detachKeysOf } from '../streams/detach-keys.ts';
import { session } from '../streams/session.ts';
import { proxySignals } from '../streams/signals.ts';
import { followSize, provokeRedraw } from '../streams/terminal.ts';
import { inspectContainer, type ContainerState } from './container-state.ts';
import { registerWait } from './wait-for-exit.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER',
  flags: {
    'detach-keys': text('Override the key sequence for detaching a container'),
    'no-stdin': bool('Do not attach STDIN'),
    'sig-proxy': bool('Proxy all received signals to the process', { initial: true }),
  },
  arity: exactly(1),
  names: 'running',
  examples: [['Look on, without typing into it', 'gantry attach --no-stdin --sig-proxy=false web']],
  async run({ context, flags, args }) {
    const name = args[0] ?? '';
    const { exitCode } = await registerWait(context, segment(name));
    const found = await inspectRunning(context, name);
    const stdin = found.Config.OpenStdin && !flags['no-stdin'];
    const tty = found.Config.Tty;
    if (stdin && tty && !context.stdin.isTTY) throw new GantryError('invalid', 'the input device is not a TTY');
    const proxies = flags['sig-proxy'] && !tty;
    if (!proxies) context.interruptible();
    using _signals = proxies ? proxySignals(context, found.Id) : undefined;
    const { stream } = await context.api.hijack({
      path: `/containers/${segment(name)}/attach`,
      query: { stream: true, stdin: stdin || undefined, stdout: true, stderr: true, detachKeys: flags['detach-keys'] || context.config.detachKeys },
    });
    // Of a container that has ended since it was looked at, the stream is that of its next run.
    await inspectRunning(context, name);
    if (tty) await provokeRedraw(context, `/containers/${found.Id}/resize`);
    using _size = tty ? followSize(context, `/containers/${found.Id}/resize`) : undefined;
    const end = await session(context, { stream, tty, stdin, stdout: true, stderr: true, detachKeys: detachKeysOf(context, flags['detach-keys']) });
    if (end === 'detached') throw new ExitError(1, 'read escape sequence');
    return exitCode;
  },
});

/** @throws conflict for a container that one cannot attach to */
async function inspectRunning(context: Context, container: string): Promise<ContainerState> {
  const found = await inspectContainer(context, container);
  if (!found.State.Running) throw new GantryError('conflict', 'You cannot attach to a stopped container, start it first');
  if (found.State.Paused) throw new GantryError('conflict', 'You cannot attach to a paused container, unpause it first');
  if (found.State.Restarting) throw new GantryError('conflict', 'You cannot attach to a restarting container, wait until it is running');
  return found;
}
