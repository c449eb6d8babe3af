import { define, exactly } from '../command.ts';
import { segment } from '../each.ts';
import { text } from '../grammar/flag.ts';
import { writeOutput } from '../streams/output-file.ts';

export const command = define({
  usage: '[OPTIONS] VOLUME',
  flags: { output: text('Write to a file, instead of STDOUT', { short: 'o' }) },
  arity: exactly(1),
  names: 'volume',
  examples: [
    ['A backup', 'gantry volume export -o data.tar data'],
    ['To another host', 'gantry volume export data | ssh other gantry volume import data'],
  ],
  async run({ context, flags, args }) {
    await writeOutput(context, { path: flags.output, failure: 'failed to export volume' }, async () => (await context.api.send({ path: `/gantry/volumes/${segment(args[0] ?? '', 'volume')}/archive` })).body);
  },
});
