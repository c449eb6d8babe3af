import { atLeast, define } from '../command.ts';
import { each, segment } from '../each.ts';
import { text } from '../grammar/flag.ts';
import { int } from '../grammar/numbers.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: {
    signal: text('Signal to send to the container', { short: 's' }),
    time: int('Seconds to wait before killing the container', { hidden: true }),
    timeout: int('Seconds to wait before killing the container', { short: 't' }),
  },
  arity: atLeast(1),
  names: 'running',
  examples: [['Allow half a minute', 'gantry stop -t 30 db']],
  async run({ context, flags, given, args }) {
    const t = given.has('timeout') ? flags.timeout : given.has('time') ? flags.time : undefined;
    await each(context, args, async (name) => {
      await context.api.done({ method: 'POST', path: `/containers/${segment(name)}/stop`, query: { signal: flags.signal || undefined, t } });
      return name;
    });
  },
});
