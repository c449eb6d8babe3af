import { atLeast, define } from '../command.ts';
import { segment } from '../each.ts';
import { text } from '../grammar/flag.ts';
import { foundAt, inspectObjects } from '../inspect-objects.ts';

export const command = define({
  usage: '[OPTIONS] PLUGIN [PLUGIN...]',
  flags: { format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }) },
  arity: atLeast(1),
  examples: [['Whether another engine uses it', "gantry plugin inspect -f '{{.Enabled}}' vieux/sshfs"]],
  async run({ context, flags, args }) {
    await inspectObjects(context, args, { format: flags.format, fetch: (name) => foundAt(context, 'any', { path: `/plugins/${segment(name, 'plugin')}/json` }) });
  },
});
