import { atLeast, define } from '../command.ts';
import { list, text } from '../grammar/flag.ts';
import { writeOutput } from '../streams/output-file.ts';
import { platformQuery } from './image-path.ts';

export const command = define({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags: {
    output: text('Write to a file, instead of STDOUT', { short: 'o' }),
    platform: list('Save only the given platform(s). Formatted as a comma-separated list of "os[/arch[/variant]]" (e.g., "linux/amd64,linux/arm64/v8")'),
  },
  arity: atLeast(1),
  names: 'image',
  examples: [['Two images in one archive', 'gantry save -o images.tar web db'], ['To another host', 'gantry save web | ssh other gantry load']],
  async run({ context, flags, args }) {
    const platform = flags.platform.flatMap((value) => value.split(',')).map((value) => platformQuery(value, 'invalid platform: ') ?? '');
    context.interruptible();
    await writeOutput(context, { path: flags.output, failure: 'failed to save image' }, async () => (await context.api.send({ path: '/images/get', query: { names: [...args], platform } })).body);
  },
});
