import { atLeast, define } from '../command.ts';
import { removeList } from './local-lists.ts';

export const command = define({
  usage: 'MANIFEST_LIST [MANIFEST_LIST...]',
  flags: {},
  arity: atLeast(1),
  examples: [['Begin again', 'gantry manifest rm me/web:1']],
  async run({ context, args }) {
    for (const name of args) removeList(context, name);
  },
});
