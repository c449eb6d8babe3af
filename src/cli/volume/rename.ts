import { define, exactly } from '../command.ts';
import { segment } from '../each.ts';

export const command = define({
  usage: 'VOLUME NEW_NAME',
  flags: {},
  arity: exactly(2),
  names: 'volume',
  examples: [['One that no container has', 'gantry volume rename data data-2025']],
  async run({ context, args }) {
    await context.api.done({ method: 'POST', path: `/gantry/volumes/${segment(args[0] ?? '', 'volume')}/rename`, query: { name: args[1] } });
  },
});
