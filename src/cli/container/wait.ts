import { atLeast, define } from '../command.ts';
import { each, segment } from '../each.ts';
import { registerWait } from './wait-for-exit.ts';

export const command = define({
  usage: 'CONTAINER [CONTAINER...]',
  flags: {},
  arity: atLeast(1),
  names: 'running',
  examples: [['The exit code of a job', 'gantry wait job']],
  async run({ context, args }) {
    context.interruptible();
    await each(context, args, async (name) => String(await (await registerWait(context, segment(name))).exitCode));
  },
});
