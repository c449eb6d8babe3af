import { atLeast, define } from '../command.ts';
import { each, segment } from '../each.ts';
import { text } from '../grammar/flag.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: { signal: text('Signal to send to the container', { short: 's' }) },
  arity: atLeast(1),
  names: 'running',
  examples: [['Ask a server to read its configuration again', 'gantry kill -s HUP web']],
  async run({ context, flags, args }) {
    await each(context, args, async (name) => {
      await context.api.done({ method: 'POST', path: `/containers/${segment(name)}/kill`, query: { signal: flags.signal || undefined } });
      return name;
    }, { together: true });
  },
});
