import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { define } from '../command.ts';
import { checkLabel } from '../container/body/lists.ts';
import { segment } from '../each.ts';
import { list } from '../grammar/flag.ts';

export const command = define({
  usage: '[OPTIONS] VOLUME [FILE|-]',
  flags: { label: list('Set metadata for the volume', { check: checkLabel }) },
  arity: { least: 1, most: 2 },
  names: 'volume',
  examples: [
    ['A new volume from a backup', 'gantry volume import data data.tar'],
    ['Any compression', 'zstd -c data.tar | gantry volume import data'],
  ],
  async run({ context, flags, args }) {
    const [name = '', source = '-'] = args;
    const body = source === '-' ? context.stdin : createReadStream(source, { highWaterMark: 1 << 18 });
    if (source !== '-') await once(body, 'open');
    const { Name: made } = await context.api.json<{ Name: string }>({
      method: 'PUT', path: `/gantry/volumes/${segment(name)}/archive`, query: { label: flags.label }, headers: { 'Content-Type': 'application/x-tar' }, body, signal: context.interruptible(),
    });
    context.print(made);
  },
});
