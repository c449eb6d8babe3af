import { GantryError } from '../../../base/errors.ts';
import type { EngineEvent } from '../../../engine/events/bus.ts';
import { atLeast } from '../../types/version.ts';
import { inOrder } from '../codec/encode.ts';
import { parseFilters } from '../http/filters.ts';
import { flushHeaders, writePart } from '../http/respond.ts';
import type { Handler } from '../http/router.ts';
import { parseTimestamp } from '../http/timestamp.ts';

const filterKeys = ['config', 'container', 'daemon', 'event', 'image', 'label', 'network', 'node', 'plugin', 'scope', 'secret', 'service', 'type', 'volume', 'builder'];

/** `GET /events`: one JSON object a line; the headers go out at once, so that a client knows it misses nothing from here on. */
export const events: Handler = async (exchange, services) => {
  const { query, signal, version } = exchange;
  const since = parseTimestamp(query.text('since'));
  const until = parseTimestamp(query.text('until'));
  if (until !== undefined && since !== undefined && until < since) {
    throw new GantryError('invalid', `\`since\` time (${query.text('since')}) cannot be after \`until\` time (${query.text('until')})`);
  }
  const filters = parseFilters(query.text('filters'), filterKeys);
  const stream = services.events.subscribe({ since, until, filters, abort: signal });
  flushHeaders(exchange, 200, { 'Content-Type': 'application/json' });
  for await (const event of stream) {
    if (signal.aborted) break;
    if (!atLeast(version, '1.46') && event.type === 'image' && event.action === 'create') continue;
    await writePart(exchange, `${eventLine(event)}\n`);
  }
  exchange.response.end();
};

/** With the fields of old, `status`, `id` and `from`, which Docker writes for containers and images. Numbers of 64 bits are written as they are. */
export function eventLine(event: EngineEvent): string {
  const { type, action, actor, scope, timeNano } = event;
  const legacy = type === 'container' || type === 'image'
    ? { status: action, ...(actor.id !== '' && { id: actor.id }), ...(type === 'container' && actor.attributes['image'] && { from: actor.attributes['image'] }) }
    : {};
  const text = JSON.stringify({
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: actor.id, Attributes: inOrder(actor.attributes) },
    scope,
    time: Number(timeNano / 1_000_000_000n),
  });
  return `${text.slice(0, -1)},"timeNano":${timeNano}}`;
}
