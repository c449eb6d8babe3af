import { GantryError } from '../../../base/errors.ts';
import type { HostConfig } from '../../../oci/container.ts';
import { atLeast } from '../../types/version.ts';
import { decodeStruct } from '../codec/decode.ts';
import { updateStruct } from '../codec/host-config.ts';
import { refuseForeignFields, refuseRemovedLimits } from '../codec/refusals.ts';
import { readJson } from '../http/body.ts';
import type { Exchange } from '../http/exchange.ts';
import { parseFilters } from '../http/filters.ts';
import { sizeOf } from '../http/size.ts';
import { sendEmpty, sendJson, sendText } from '../http/respond.ts';
import type { Handler, Route } from '../http/router.ts';
import type { Services } from '../services.ts';
import { attach, attachWebSocket } from './attach.ts';
import { create } from './create.ts';
import { inspectJson } from './inspect.ts';
import { logs } from './logs.ts';
import { stats } from './stats.ts';
import { summaryText } from './summary.ts';
import { wait } from './wait.ts';

const listFilters = [
  'ancestor', 'before', 'expose', 'exited', 'health', 'id', 'isolation', 'is-task', 'label', 'name', 'network', 'publish', 'since', 'status', 'volume',
];

const list: Handler = async (exchange, { containers }) => {
  const { query, version } = exchange;
  const filters = new Map(parseFilters(query.text('filters'), listFilters));
  for (const key of ['since', 'before']) if (query.text(key) !== '') filters.set(key, [query.text(key)]);
  const found = await containers.list({ all: query.flag('all'), limit: query.integer('limit') ?? 0, size: query.flag('size'), filters });
  sendText(exchange, 200, `[${found.map((summary) => summaryText(summary, version)).join(',')}]`);
};

const inspect: Handler = async (exchange, { containers, facts }) => {
  const details = await containers.inspect(nameOf(exchange), { size: exchange.query.flag('size') });
  sendJson(exchange, 200, inspectJson(details, exchange.version, facts));
};

const top: Handler = async (exchange, { containers }) => {
  const { titles, processes } = await containers.top(nameOf(exchange), exchange.query.text('ps_args'));
  sendJson(exchange, 200, { Processes: processes, Titles: titles });
};

const start: Handler = async (exchange, { containers }) => {
  const { headers } = exchange.request;
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 7) {
    throw new GantryError('invalid', 'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24');
  }
  if (exchange.query.text('checkpoint') !== '') throw new GantryError('notImplemented', 'starting from a checkpoint is not supported by this engine');
  await containers.start(nameOf(exchange));
  sendEmpty(exchange, 204);
};

const stop: Handler = async (exchange, { containers }) => {
  // Without the request's signal: a client that hangs up does not take its stop back.
  await containers.stop(nameOf(exchange), stopOptions(exchange));
  sendEmpty(exchange, 204);
};

const restart: Handler = async (exchange, { containers }) => {
  await containers.restart(nameOf(exchange), stopOptions(exchange));
  sendEmpty(exchange, 204);
};

const remove: Handler = async (exchange, { containers }) => {
  const { query } = exchange;
  await containers.remove(nameOf(exchange), { force: query.flag('force'), volumes: query.flag('v'), link: query.flag('link') });
  sendEmpty(exchange, 204);
};

const resize: Handler = async (exchange, { containers }) => {
  await containers.resize(nameOf(exchange), sizeOf(exchange.query));
  sendEmpty(exchange, 200);
};

const update: Handler = async (exchange, { containers }) => {
  const { warnings } = await containers.update(nameOf(exchange), readUpdate((await readJson(exchange)) ?? {}, exchange.version));
  sendJson(exchange, 200, { Warnings: warnings.length === 0 ? null : warnings });
};

/** Only what is to change: the CLI sends every field, with zeros where it wants nothing. */
function readUpdate(body: unknown, version: string): Partial<HostConfig> {
  const { pidsLimit, restartPolicy, ...change } = decodeStruct<Partial<HostConfig>>(updateStruct, body);
  refuseForeignFields(change);
  if (!atLeast(version, '1.42')) refuseRemovedLimits(body);
  return {
    ...change,
    ...(restartPolicy?.name !== undefined && { restartPolicy }),
    // From 1.40; any number that is not positive is without limit.
    ...(typeof pidsLimit === 'number' && atLeast(version, '1.40') && { pidsLimit: Math.max(pidsLimit, 0) }),
  };
}

const prune: Handler = async (exchange, { containers }) => {
  const { deleted, reclaimedBytes } = await containers.prune(parseFilters(exchange.query.text('filters'), ['until', 'label', 'label!']));
  sendJson(exchange, 200, { ContainersDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimedBytes });
};

/** A verb that takes the container alone, or with one word of the query, and answers with nothing. */
function act(verb: (containers: Services['containers'], name: string, exchange: Exchange) => Promise<void>): Handler {
  return async (exchange, { containers }) => {
    await verb(containers, nameOf(exchange), exchange);
    sendEmpty(exchange, 204);
  };
}

function nameOf(exchange: Exchange): string {
  return exchange.params['name']!;
}

function stopOptions({ query, version }: Exchange): { signal?: string; timeoutSeconds?: number } {
  const signal = atLeast(version, '1.42') ? query.text('signal') : '';
  const timeoutSeconds = query.integer('t');
  return { ...(signal !== '' && { signal }), ...(timeoutSeconds !== undefined && { timeoutSeconds }) };
}

export const containerRoutes: readonly Route[] = [
  { method: 'GET', path: '/containers/json', handler: list },
  { method: 'POST', path: '/containers/create', handler: create },
  { method: 'POST', path: '/containers/prune', handler: prune, since: '1.25' },
  { method: 'GET', path: '/containers/{name}/json', handler: inspect },
  { method: 'GET', path: '/containers/{name}/top', handler: top },
  { method: 'GET', path: '/containers/{name}/logs', handler: logs },
  { method: 'POST', path: '/containers/{name}/attach', handler: attach },
  { method: 'GET', path: '/containers/{name}/attach/ws', handler: attachWebSocket },
  { method: 'POST', path: '/containers/{name}/resize', handler: resize },
  { method: 'POST', path: '/containers/{name}/start', handler: start },
  { method: 'POST', path: '/containers/{name}/stop', handler: stop },
  { method: 'POST', path: '/containers/{name}/restart', handler: restart },
  { method: 'POST', path: '/containers/{name}/kill', handler: act((containers, name, { query }) => containers.kill(name, query.text('signal') || 'SIGKILL')) },
  { method: 'POST', path: '/containers/{name}/pause', handler: act((containers, name) => containers.pause(name)) },
  { method: 'POST', path: '/containers/{name}/unpause', handler: act((containers, name) => containers.unpause(name)) },
  { method: 'POST', path: '/containers/{name}/rename', handler: act((containers, name, { query }) => containers.rename(name, query.text('name'))) },
  { method: 'POST', path: '/containers/{name}/update', handler: update },
  { method: 'POST', path: '/containers/{name}/wait', handler: wait },
  { method: 'DELETE', path: '/containers/{name}', handler: remove },
  { method: 'GET', path: '/containers/{name}/stats', handler: stats },
];
