import { atLeast, define } from '../command.ts';
import { segment } from '../each.ts';
import { bool, text } from '../grammar/flag.ts';
import { foundAt, inspectObjects } from '../inspect-objects.ts';

export const command = define({
  usage: '[OPTIONS] NETWORK [NETWORK...]',
  flags: {
    format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }),
    verbose: bool('Verbose output for diagnostics', { short: 'v' }),
  },
  arity: atLeast(1),
  names: 'network',
  examples: [['Its subnets', "gantry network inspect -f '{{range .IPAM.Config}}{{.Subnet}} {{end}}' bridge"]],
  async run({ context, flags, args }) {
    await inspectObjects(context, args, { format: flags.format, fetch: (name) => foundAt(context, 'network.Inspect', { path: `/networks/${segment(name, 'network')}`, query: { verbose: flags.verbose ? 'true' : undefined } }) });
  },
});
