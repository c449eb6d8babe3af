import { define, exactly } from '../command.ts';
import { GantryError } from '../../base/errors.ts';
import { segment } from '../each.ts';
import { describe, ExitError, fromDaemon } from '../errors.ts';

export const command = define({
  usage: 'CONTAINER NEW_NAME',
  flags: {},
  arity: exactly(2),
  names: 'container',
  examples: [['Keep the old one while a new one is tried', 'gantry rename web web-old']],
  async run({ context, args }) {
    const [from = '', to = ''] = args.map((name) => name.trim());
    if (from === '' || to === '') throw new GantryError('invalid', 'Error: Neither old nor new names may be empty');
    try {
      await context.api.done({ method: 'POST', path: `/containers/${segment(from)}/rename`, query: { name: to } });
    } catch (error) {
      if (!fromDaemon(error)) throw error;
      throw new ExitError(1, `${describe(error)}\nError: failed to rename container named ${from}`);
    }
  },
});
