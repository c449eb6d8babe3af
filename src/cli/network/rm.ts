import { hasKind } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import { each, segment } from '../each.ts';
import { bool } from '../grammar/flag.ts';

export const command = define({
  usage: 'NETWORK [NETWORK...]',
  flags: { force: bool('Do not error if the network does not exist', { short: 'f' }) },
  arity: atLeast(1),
  names: 'network',
  examples: [['Remove one that nothing uses', 'gantry network rm back']],
  async run({ context, flags, args }) {
    await each(context, args, async (name) => {
      try {
        await context.api.done({ method: 'DELETE', path: `/networks/${segment(name, 'network')}` });
      } catch (error) {
        if (!flags.force || !hasKind(error, 'notFound')) throw error;
        return undefined;
      }
      return name;
    });
  },
});
