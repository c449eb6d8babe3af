import { createReadStream, fstatSync } from 'node:fs';
import { once } from 'node:events';
import { GantryError } from '../../base/errors.ts';
import { objectsOf, textOf } from '../../api/client/transport.ts';
import { define, none } from '../command.ts';
import { bool, list, text } from '../grammar/flag.ts';
import type { ProgressMessage } from '../progress/progress-message.ts';
import { showProgress } from '../progress/show.ts';
import { platformQuery } from './image-path.ts';

export const command = define({
  usage: '[OPTIONS]',
  flags: {
    input: text('Read from tar archive file, instead of STDIN', { short: 'i' }),
    platform: list('Load only the given platform(s). Formatted as a comma-separated list of "os[/arch[/variant]]" (e.g., "linux/amd64,linux/arm64/v8")'),
    quiet: bool('Suppress the load output', { short: 'q' }),
  },
  arity: none,
  names: 'file',
  examples: [['From a file', 'gantry load -i images.tar'], ['Compressed, from stdin', 'zstd -dc images.tar.zst | gantry load']],
  async run({ context, flags }) {
    if (flags.input === '' && context.stdin.isTTY) throw new GantryError('invalid', 'requested load from stdin, but stdin is empty', { hint: 'Name a file with -i, or redirect one to stdin.' });
    const source = flags.input === '' ? context.stdin : createReadStream(flags.input, { highWaterMark: 1 << 18 });
    if (source !== context.stdin) await opened(source as ReturnType<typeof createReadStream>, flags.input);
    const quiet = flags.quiet || !context.stdout.isTTY;
    const platform = flags.platform.flatMap((value) => value.split(',')).map((value) => platformQuery(value, 'invalid platform: ') ?? '');
    const response = await context.api.send({
      method: 'POST', path: '/images/load', query: { quiet, platform }, headers: { 'Content-Type': 'application/x-tar' }, body: source, signal: context.interruptible(),
    });
    if ((response.headers['content-type'] ?? '').includes('json')) await showProgress(objectsOf<ProgressMessage>(response.body), { to: context.stdout, quiet: false });
    else context.stdout.write(await textOf(response));
  },
});

async function opened(file: ReturnType<typeof createReadStream>, path: string): Promise<void> {
  try {
    const [handle] = await once(file, 'open') as [number];
    if (fstatSync(handle).isDirectory()) throw new GantryError('invalid', `read ${path}: is a directory`);
  } catch (error) {
    if (error instanceof GantryError) throw error;
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new GantryError('invalid', `open ${path}: ${absent ? 'no such file or directory' : (error as Error).message}`, { cause: error });
  }
}
