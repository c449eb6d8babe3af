import { atLeast, define } from '../command.ts';
import { hasKind, messageOf } from '../../base/errors.ts';
import { describe, ExitError, fromDaemon } from '../errors.ts';
import { bool, text } from '../grammar/flag.ts';
import { detachKeysOf } from '../streams/detach-keys.ts';
import { session } from '../streams/session.ts';
import { proxySignals } from '../streams/signals.ts';
import { followSize, terminalSize } from '../streams/terminal.ts';
import { createFlags } from './body/flags.ts';
import type { CreateBody } from './body/wire.ts';
import { NotCreated, createContainer } from './create-container.ts';
import { registerWait } from './wait-for-exit.ts';
import type { Context } from '../context.ts';

const flags = {
  ...createFlags,
  detach: bool('Run container in background and print container ID', { short: 'd' }),
  'detach-keys': text('Override the key sequence for detaching a container'),
  'sig-proxy': bool('Proxy received signals to the process', { initial: true }),
};

export const command = define({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  flags,
  arity: atLeast(1),
  interspersed: false,
  failure: 125,
  names: 'image',
  examples: [
    ['A shell that leaves nothing behind', 'gantry run -it --rm gantry/busybox sh'],
    ['A server in the background, reachable on port 8080 of this host', 'gantry run -d --name web -p 8080:80 nginx'],
    ['One program, half a CPU, 256 MiB', 'gantry run --rm --cpus 0.5 -m 256m gantry/busybox md5sum /bin/busybox'],
    ['The current directory at /work', 'gantry run --rm -v .:/work -w /work gantry/busybox ls'],
  ],
  async run({ context, flags: said, given, args }) {
    if (said.detach && said.attach.length > 0) throw new ExitError(1, 'conflicting options: cannot specify both --attach and --detach');
    const detachKeys = said.detach ? Buffer.alloc(0) : detachKeysOf(context, said['detach-keys']);
    const signal = context.interruptible();
    const { id, body } = await createContainer({ context, flags: said, given, args, signal, adjust: (draft) => adjust(draft, context, said.detach) }).catch((error: unknown) => {
      throw fromDaemon(error) || error instanceof NotCreated ? notRun(error) : error;
    });
    return said.detach ? runDetached(context, id) : runAttached({ context, id, body, detachKeys, keysText: said['detach-keys'] || context.config.detachKeys, proxy: said['sig-proxy'] });
  },
});

function adjust(body: CreateBody, context: Context, detach: boolean): void {
  const size = terminalSize(context);
  if (size !== undefined) body.HostConfig.ConsoleSize = [size.h, size.w];
  if (!detach) {
    if (body.Tty && body.AttachStdin && !context.stdin.isTTY) throw new ExitError(1, 'the input device is not a TTY');
    return;
  }
  body.AttachStdin = false;
  body.AttachStdout = false;
  body.AttachStderr = false;
  body.StdinOnce = false;
}

async function runDetached(context: Context, id: string): Promise<number> {
  await start(context, id);
  context.print(id);
  return 0;
}

interface Attached { context: Context; id: string; body: CreateBody; detachKeys: Buffer; keysText: string | undefined; proxy: boolean }

async function runAttached({ context, id, body, detachKeys, keysText, proxy }: Attached): Promise<number> {
  if (proxy) process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
  using _signals = proxy ? proxySignals(context, id) : undefined;
  const attaches = body.AttachStdin || body.AttachStdout || body.AttachStderr;
  const attachment = attaches ? await context.api.hijack({
    path: `/containers/${id}/attach`,
    query: { stream: true, stdin: body.AttachStdin || undefined, stdout: body.AttachStdout || undefined, stderr: body.AttachStderr || undefined, detachKeys: keysText },
  }) : undefined;
  const { exitCode } = await registerWait(context, id, body.HostConfig.AutoRemove ? 'removed' : 'next-exit');
  const joined = attachment === undefined ? undefined : session(context, { stream: attachment.stream, tty: body.Tty, stdin: body.AttachStdin, stdout: body.AttachStdout, stderr: body.AttachStderr, detachKeys });
  joined?.catch(() => undefined);
  try {
    await start(context, id);
  } catch (error) {
    attachment?.stream.destroy();
    await joined?.catch(() => undefined);
    if (body.HostConfig.AutoRemove) await exitCode.catch(() => undefined);
    throw error;
  }
  using _size = body.Tty ? followSize(context, `/containers/${id}/resize`) : undefined;
  if (joined === undefined) context.print(id);
  if (await joined === 'detached') return 0;
  return exitCode.catch((error: unknown) => {
    if (!hasKind(error, 'unavailable')) throw error;
    throw new ExitError(125, `gantry: error waiting for container: ${messageOf(error)}\nThe container may go on without it: 'gantry attach ${id.slice(0, 12)}' joins it again.`);
  });
}

/** What cannot be executed ends the client as a shell would: 127 not found, 126 not executable, else 125. */
async function start(context: Context, id: string): Promise<void> {
  try {
    await context.api.done({ method: 'POST', path: `/containers/${id}/start` });
  } catch (error) {
    if (!fromDaemon(error)) throw error;
    throw notRun(error);
  }
}

function notRun(error: unknown): ExitError {
  return new ExitError(startStatus(messageOf(error)), `gantry: ${describe(error)}\n\nRun 'gantry run --help' for more information`);
}

export function startStatus(message: string): number {
  if (/executable file not found|no such file or directory|system cannot find the file/i.test(message)) return 127;
  if (/permission denied|is a directory|exec format error/i.test(message)) return 126;
  return 125;
}
