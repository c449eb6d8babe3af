import { pipeline } from 'node:stream/promises';
import { GantryError } from '../../../base/errors.ts';
import { flushHeaders } from '../http/respond.ts';
import type { Handler } from '../http/router.ts';
import { parseTimestamp } from '../http/timestamp.ts';
import { streamType } from '../streams/hijack.ts';

/** `GET /containers/{id}/logs`: the headers go out before the first line, however long it takes to come. */
export const logs: Handler = async (exchange, services) => {
  const { query, signal, params } = exchange;
  const [stdout, stderr] = [query.flag('stdout'), query.flag('stderr')];
  if (!stdout && !stderr) throw new GantryError('invalid', 'Bad parameters: you must choose at least one stream');
  const { tty, frames } = await services.containers.logs(params['name']!, {
    follow: query.flag('follow'),
    stdout,
    stderr,
    timestamps: query.flag('timestamps'),
    details: query.flag('details'),
    since: boundary(query.text('since')),
    until: boundary(query.text('until')),
    tail: tailOf(query.text('tail')),
    abort: signal,
  });
  flushHeaders(exchange, 200, { 'Content-Type': streamType(exchange, tty) });
  // The client that goes away ends it; there is nobody to tell then.
  await pipeline(frames, exchange.response).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
};

/** "0" is no boundary, as clients send it for "all". */
function boundary(text: string): bigint | undefined {
  const nanos = parseTimestamp(text);
  return nanos === 0n ? undefined : nanos;
}

/** What is no number means all, as Docker reads it. */
function tailOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
