import { atLeast, define } from '../command.ts';
import { each, segment } from '../each.ts';

export const command = define({
  usage: 'CONTAINER [CONTAINER...]',
  flags: {},
  arity: atLeast(1),
  names: 'container',
  examples: [['Let a frozen container go on', 'gantry unpause web']],
  async run({ context, args }) {
    await each(context, args, async (name) => {
      await context.api.done({ method: 'POST', path: `/containers/${segment(name)}/unpause` });
      return name;
    }, { together: true });
  },
});
