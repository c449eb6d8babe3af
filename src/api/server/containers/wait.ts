import { GantryError } from '../../../base/errors.ts';
import { atLeast } from '../../types/version.ts';
import type { Exchange } from '../http/exchange.ts';
import { flushHeaders } from '../http/respond.ts';
import type { Handler } from '../http/router.ts';

type Condition = 'not-running' | 'next-exit' | 'removed';

/**
 * `POST /containers/{id}/wait`: the headers tell the client that the wait is registered, so they go out before the end is known.
 * `docker run` starts the container only then.
 */
export const wait: Handler = async (exchange, services) => {
  const { response, signal, version, params } = exchange;
  const condition = conditionOf(exchange);
  const { done } = await services.containers.wait(params['name']!, condition, signal);
  if (atLeast(version, '1.30')) flushHeaders(exchange, 200, { 'Content-Type': 'application/json' });
  const end = await done.catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (end === undefined) return;
  // Before 1.34 an empty answer was the only way to say that the removal had failed.
  if (condition === 'removed' && end.error !== undefined && !atLeast(version, '1.34')) return void response.end();
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/json' });
  const answer = { StatusCode: end.exitCode, ...(end.error !== undefined && { Error: { Message: end.error } }) };
  response.end(`${JSON.stringify(answer)}\n`);
};

function conditionOf({ query, version }: Exchange): Condition {
  const text = atLeast(version, '1.30') ? query.text('condition') : '';
  if (text === '') return 'not-running';
  if (text === 'not-running' || text === 'next-exit' || text === 'removed') return text;
  throw new GantryError('invalid', `invalid condition: ${JSON.stringify(text)}`);
}
