import { define, exactly } from '../command.ts';
import { segment } from '../each.ts';
import { bool } from '../grammar/flag.ts';

export const command = define({
  usage: '[OPTIONS] NETWORK CONTAINER',
  flags: { force: bool('Force the container to disconnect from a network', { short: 'f' }) },
  arity: exactly(2),
  names: 'network',
  examples: [['Take a container off a network', 'gantry network disconnect back web']],
  async run({ context, flags, args }) {
    await context.api.done({ method: 'POST', path: `/networks/${segment(args[0] ?? '', 'network')}/disconnect`, json: { Container: args[1], Force: flags.force } });
  },
});
