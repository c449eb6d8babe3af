import { GantryError } from '../../../base/errors.ts';
import { atLeast } from '../../types/version.ts';
import type { Exchange } from '../http/exchange.ts';
import { flushHeaders, writePart } from '../http/respond.ts';
import type { Handler } from '../http/router.ts';
import { sampleJson } from './stats-json.ts';

/** `GET /containers/{id}/stats`: one JSON object a line, a second apart, or a single one. */
export const stats: Handler = async (exchange, { containers, facts }) => {
  const { params, signal } = exchange;
  const samples = containers.stats(params['name']!, { mode: modeOf(exchange), abort: signal });
  flushHeaders(exchange, 200, { 'Content-Type': 'application/json' });
  for await (const sample of samples) {
    await writePart(exchange, `${sampleJson(sample, facts.cgroupVersion)}\n`);
    if (signal.aborted) break;
  }
  exchange.response.end();
};

function modeOf({ query, version }: Exchange): 'stream' | 'pair' | 'once' {
  const stream = query.flag('stream', true);
  const oneShot = atLeast(version, '1.41') && query.flag('one-shot');
  if (stream && oneShot) throw new GantryError('invalid', 'cannot have stream=true and one-shot=true');
  return stream ? 'stream' : oneShot ? 'once' : 'pair';
}
