import { define, exactly } from '../command.ts';
import { segment } from '../each.ts';
import { text } from '../grammar/flag.ts';
import { writeOutput } from '../streams/output-file.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER',
  flags: { output: text('Write to a file, instead of STDOUT', { short: 'o' }) },
  arity: exactly(1),
  names: 'container',
  examples: [['The files of a container', 'gantry export -o box.tar box']],
  async run({ context, flags, args }) {
    context.interruptible();
    await writeOutput(context, { path: flags.output, failure: 'failed to export container' }, async () => (await context.api.send({ path: `/containers/${segment(args[0] ?? '')}/export` })).body);
  },
});
