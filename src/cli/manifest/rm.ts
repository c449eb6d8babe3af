import { atLeast, define } from '../command.ts';
import { describe, ExitError } from '../errors.ts';
import { removeList } from './local-lists.ts';

export const command = define({
  usage: 'MANIFEST_LIST [MANIFEST_LIST...]',
  flags: {},
  arity: atLeast(1),
  examples: [['Begin again', 'gantry manifest rm me/web:1']],
  async run({ context, args }) {
    const failures: string[] = [];
    for (const name of args) {
      try {
        removeList(context, name);
      } catch (error) {
        failures.push(describe(error));
      }
    }
    if (failures.length > 0) throw new ExitError(1, failures.join('\n'));
  },
});
