import { atLeast, define } from '../command.ts';
import { segment } from '../each.ts';
import { text } from '../grammar/flag.ts';
import { foundAt, inspectObjects } from '../inspect-objects.ts';

export const command = define({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  flags: {
    format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }),
  },
  arity: atLeast(1),
  names: 'volume',
  examples: [['Where it lies', "gantry volume inspect -f '{{.Mountpoint}}' data"]],
  async run({ context, flags, args }) {
    await inspectObjects(context, args, { format: flags.format, fetch: (name) => foundAt(context, 'volume.Volume', { path: `/volumes/${segment(name, 'volume')}` }) });
  },
});
