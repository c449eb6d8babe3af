import { define, none } from '../command.ts';
import { currentName } from './current.ts';

export const command = define({
  usage: '',
  flags: {},
  arity: none,
  examples: [['The context that commands use', 'gantry context show']],
  async run({ context }) {
    context.print(currentName(context));
  },
});
