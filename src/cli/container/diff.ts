import { define, exactly } from '../command.ts';
import { segment } from '../each.ts';

const kinds = ['C', 'A', 'D'];

export const command = define({
  usage: 'CONTAINER',
  flags: {},
  arity: exactly(1),
  names: 'container',
  examples: [['What a program wrote', 'gantry diff web']],
  async run({ context, args }) {
    const changes = await context.api.json<{ Path: string; Kind: number }[] | null>({ path: `/containers/${segment(args[0] ?? '')}/changes` });
    for (const { Path: path, Kind: kind } of changes ?? []) context.print(`${kinds[kind] ?? '?'} ${path}`);
  },
});
