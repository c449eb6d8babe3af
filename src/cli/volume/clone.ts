import { define, exactly } from '../command.ts';
import { checkLabel, toMap } from '../container/body/lists.ts';
import { segment } from '../each.ts';
import { list } from '../grammar/flag.ts';

export const command = define({
  usage: '[OPTIONS] VOLUME NEW_VOLUME',
  flags: { label: list('Set metadata for the new volume', { check: checkLabel }) },
  arity: exactly(2),
  names: 'volume',
  examples: [['Before a risky migration', 'gantry volume clone data data-before']],
  async run({ context, flags, args }) {
    const { Name: name } = await context.api.json<{ Name: string }>({
      method: 'POST', path: `/gantry/volumes/${segment(args[0] ?? '', 'volume')}/clone`, json: { Name: args[1], Labels: toMap(flags.label) },
    });
    context.print(name);
  },
});
