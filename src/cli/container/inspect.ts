import { atLeast, define } from '../command.ts';
import { segment } from '../each.ts';
import { bool, text } from '../grammar/flag.ts';
import { foundAt, inspectObjects } from '../inspect-objects.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: {
    format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }),
    size: bool('Display total file sizes', { short: 's' }),
  },
  arity: atLeast(1),
  names: 'container',
  examples: [['Its address', "gantry container inspect -f '{{.NetworkSettings.IPAddress}}' web"]],
  async run({ context, flags, args }) {
    await inspectObjects(context, args, { format: flags.format, fetch: (name) => foundAt(context, 'container.InspectResponse', { path: `/containers/${segment(name)}/json`, query: { size: flags.size || undefined } }) });
  },
});
