import { GantryError } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import { segment } from '../each.ts';
import { ExitError } from '../errors.ts';
import { bool, list, text } from '../grammar/flag.ts';
import { detachKeysOf } from '../streams/detach-keys.ts';
import { session } from '../streams/session.ts';
import { followSize, terminalSize } from '../streams/terminal.ts';
import { checkEnv, readEnvFile } from './body/lists.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  flags: {
    detach: bool('Detached mode: run command in the background', { short: 'd' }),
    'detach-keys': text('Override the key sequence for detaching a container'),
    env: list('Set environment variables', { short: 'e', check: checkEnv }),
    'env-file': list('Read in a file of environment variables'),
    interactive: bool('Keep STDIN open even if not attached', { short: 'i' }),
    privileged: bool('Give extended privileges to the command'),
    tty: bool('Allocate a pseudo-TTY', { short: 't' }),
    user: text('Username or UID (format: "<name|uid>[:<group|gid>]")', { short: 'u' }),
    workdir: text('Working directory inside the container', { short: 'w' }),
  },
  arity: atLeast(2),
  interspersed: false,
  names: 'running',
  examples: [['A shell in a running container', 'gantry exec -it web sh'], ['One query as another user', 'gantry exec -u postgres db psql -c "select 1"']],
  async run({ context, flags, args }) {
    const [container = '', ...argv] = args;
    context.interruptible();
    const attached = !flags.detach;
    if (attached && flags.interactive && flags.tty && !context.stdin.isTTY) throw new GantryError('invalid', 'the input device is not a TTY');
    const size = flags.tty ? terminalSize(context) : undefined;
    const consoleSize = size === undefined ? {} : { ConsoleSize: [size.h, size.w] };
    const keys = flags['detach-keys'] || context.config.detachKeys;
    const { Id: id } = await context.api.json<{ Id: string }>({
      method: 'POST', path: `/containers/${segment(container)}/exec`,
      json: {
        User: flags.user, Privileged: flags.privileged, Tty: flags.tty, ...consoleSize,
        Detach: flags.detach, AttachStdin: attached && flags.interactive, AttachStdout: attached, AttachStderr: attached, ...(keys ? { DetachKeys: keys } : {}),
        Env: [...flags['env-file'].flatMap(readEnvFile), ...flags.env], WorkingDir: flags.workdir, Cmd: argv,
      },
    });
    if (!attached) {
      await context.api.done({ method: 'POST', path: `/exec/${id}/start`, json: { Detach: true, Tty: flags.tty, ...consoleSize } });
      return 0;
    }
    const { stream } = await context.api.hijack({ path: `/exec/${id}/start`, json: { Detach: false, Tty: flags.tty, ...consoleSize } });
    using _size = flags.tty ? followSize(context, `/exec/${id}/resize`) : undefined;
    const end = await session(context, { stream, tty: flags.tty, stdin: flags.interactive, stdout: true, stderr: true, detachKeys: detachKeysOf(context, flags['detach-keys']) });
    if (end === 'detached') throw new ExitError(1, 'read escape sequence');
    const { ExitCode: code } = await context.api.json<{ ExitCode: number | null }>({ path: `/exec/${id}/json` });
    return code ?? 0;
  },
});
