import { GantryError, messageOf } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { segment } from '../each.ts';
import { bool, text } from '../grammar/flag.ts';
import { timestampQuery } from '../grammar/timestamp.ts';
import { frames } from '../streams/demultiplex.ts';
import { write } from '../streams/session.ts';
import { inspectContainer } from './container-state.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER',
  flags: {
    details: bool('Show extra details provided to logs'),
    follow: bool('Follow log output', { short: 'f' }),
    since: text('Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)'),
    tail: text('Number of lines to show from the end of the logs', { short: 'n', initial: 'all' }),
    timestamps: bool('Show timestamps', { short: 't' }),
    until: text('Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)'),
  },
  arity: exactly(1),
  names: 'container',
  examples: [['The last lines, and what comes', 'gantry logs -f -n 20 web'], ['An hour ago until now, with times', 'gantry logs -t --since 1h web']],
  async run({ context, flags, args }) {
    const { Id: id, Config: { Tty: tty } } = await inspectContainer(context, args[0] ?? '');
    const since = time('since', flags.since);
    const until = time('until', flags.until);
    context.interruptible();
    const { body } = await context.api.send({
      path: `/containers/${segment(id)}/logs`,
      query: { stdout: true, stderr: true, since, until, timestamps: flags.timestamps || undefined, follow: flags.follow || undefined, tail: flags.tail, details: flags.details || undefined },
    });
    if (tty) for await (const chunk of body) await write(context.stdout, chunk);
    else for await (const [channel, chunk] of frames(body)) await write(context[channel], chunk);
  },
});

function time(name: string, text: string): string | undefined {
  try {
    return timestampQuery(text);
  } catch (error) {
    throw new GantryError('invalid', `invalid value for "${name}": ${messageOf(error)}`, { cause: error });
  }
}
