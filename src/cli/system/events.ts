import { define, none } from '../command.ts';
import { describe, ExitError } from '../errors.ts';
import { templateOf } from '../format/template-of.ts';
import { viewOf } from '../structures/view.ts';
import { text } from '../grammar/flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { timestampQuery } from '../grammar/timestamp.ts';
import { write } from '../streams/session.ts';

interface EventMessage { Type: string; Action: string; Actor: { ID: string; Attributes?: Record<string, string> | null }; timeNano?: bigint; time: number }

export const command = define({
  usage: '[OPTIONS]',
  flags: {
    filter: filters('Filter output based on conditions provided', { short: 'f' }),
    format: text("Format output: 'json' or a Go template", { choices: ['json'] }),
    since: text('Show all events created since timestamp'),
    until: text('Stream events until this timestamp'),
  },
  arity: none,
  examples: [['Containers that die', 'gantry events -f type=container -f event=die'], ['The last hour, then stop', 'gantry events --since 1h --until 0s']],
  async run({ context, flags }) {
    const line = flags.format === '' ? eventLine : lineBy(flags.format);
    const query = { since: timestampQuery(flags.since), until: timestampQuery(flags.until), ...filterQuery(flags.filter) };
    context.interruptible();
    for await (const event of context.api.objects<EventMessage>({ path: '/events', query }, exactNanos)) await write(context.stdout, `${line(event)}\n`);
  },
});

/** A template is tried on an event without properties, before the first real one comes. */
function lineBy(format: string): (event: EventMessage) => string {
  const template = templateOf(format === 'json' ? '{{json .}}' : format, { complaints: { read: 'Error parsing format', apply: '' } });
  const line = (event: unknown): string => template(viewOf('*events.Message', event));
  try {
    line({});
  } catch (error) {
    throw new ExitError(64, `Error parsing format: ${describe(error)}`);
  }
  return line;
}

/** Nanoseconds since 1970 exceed what a double holds. */
function exactNanos(key: string, value: unknown, { source }: { source?: string }): unknown {
  return key === 'timeNano' && source !== undefined && /^\d+$/.test(source) ? BigInt(source) : value;
}

/** `2026-11-21T01:35:58.123456789Z container start 1f… (image=busybox, name=web)` */
export function eventLine(event: EventMessage): string {
  const { ID: id, Attributes: attributes } = event.Actor;
  const details = Object.entries(attributes ?? {}).sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, value]) => `${key}=${value}`);
  return `${eventTime(event)} ${event.Type} ${event.Action} ${id}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

function eventTime({ time, timeNano }: EventMessage): string {
  const date = new Date(time * 1000);
  const offset = -date.getTimezoneOffset();
  const two = (value: number): string => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const fraction = timeNano === undefined ? '000000000' : String(timeNano % 1_000_000_000n).padStart(9, '0');
  return `${local}.${fraction}${offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`}`;
}
