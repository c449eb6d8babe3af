import { hasKind } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import { each, segment } from '../each.ts';
import { bool } from '../grammar/flag.ts';

export const command = define({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  flags: { force: bool('Force the removal of one or more volumes', { short: 'f' }) },
  arity: atLeast(1),
  names: 'volume',
  examples: [['Remove one that nothing uses', 'gantry volume rm back']],
  async run({ context, flags, args }) {
    await each(context, args, async (name) => {
      try {
        await context.api.done({ method: 'DELETE', path: `/volumes/${segment(name, 'volume')}`, query: { force: flags.force || undefined } });
      } catch (error) {
        if (!flags.force || !hasKind(error, 'notFound')) throw error;
        return undefined;
      }
      return name;
    });
  },
});
