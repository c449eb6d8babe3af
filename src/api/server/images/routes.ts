import { pipeline } from 'node:stream/promises';
import { GantryError } from '../../../base/errors.ts';
import type { HistoryEntry, RemovedItem } from '../../../engine/images/verbs.ts';
import { atLeast } from '../../types/version.ts';
import type { Exchange } from '../http/exchange.ts';
import { bodyStream } from '../http/body.ts';
import { parseFilters } from '../http/filters.ts';
import { flushHeaders, sendEmpty, sendJson } from '../http/respond.ts';
import type { Handler, Route } from '../http/router.ts';
import type { Services } from '../services.ts';
import { registryAuth } from './auth.ts';
import { createImage, hasTagOrDigest, withTag } from './create.ts';
import { imageInspectJson } from './inspect.ts';
import { decodePlatform } from './platform.ts';
import { streamProgress } from './progress.ts';
import { getManifest, putManifest } from './manifests.ts';
import { distribution, search } from './registries.ts';
import { imageSummaryJson } from './summary.ts';

const list: Handler = async (exchange, { images }) => {
  const { query, version } = exchange;
  const filters = new Map(parseFilters(query.text('filters'), ['dangling', 'label', 'label!', 'before', 'since', 'reference', 'until']));
  if (!atLeast(version, '1.41') && query.text('filter') !== '') filters.set('reference', [query.text('filter')]);
  const sharedSize = atLeast(version, '1.42') && query.flag('shared-size');
  const manifests = atLeast(version, '1.47') && query.flag('manifests');
  const found = await images.list({ all: query.flag('all'), filters, sharedSize, digests: query.flag('digests'), manifests });
  sendJson(exchange, 200, found.map((image) => imageSummaryJson(image, version, { sharedSize, containers: atLeast(version, '1.51') })));
};

const inspect: Handler = async (exchange, { images, facts }) => {
  const { query, version } = exchange;
  const platform = platformSince(exchange, '1.49');
  const manifests = query.flag('manifests') && atLeast(version, '1.48');
  if (platform !== undefined && manifests) {
    throw new GantryError('invalid', 'conflicting options: manifests and platform options cannot both be set');
  }
  sendJson(exchange, 200, imageInspectJson(await images.inspect(nameOf(exchange), { manifests, ...(platform !== undefined && { platform }) }), version, facts));
};

const history: Handler = async (exchange, { images }) => {
  const entries = await images.history(nameOf(exchange), platformSince(exchange, '1.48'));
  sendJson(exchange, 200, entries.map(historyJson));
};

const tag: Handler = async (exchange, { images }) => {
  const { query } = exchange;
  await images.tag(nameOf(exchange), query.text('repo'), query.text('tag'));
  sendEmpty(exchange, 201);
};

const push: Handler = async (exchange, { images }) => {
  const { query, signal, request } = exchange;
  const tagged = query.text('tag') !== '' || hasTagOrDigest(nameOf(exchange));
  const reference = query.text('tag') === '' ? nameOf(exchange) : withTag(nameOf(exchange), query.text('tag'));
  const platform = platformSince(exchange, '1.46');
  await streamProgress(exchange, (progress) => images.push(reference, {
    ...(platform !== undefined && { platform }), allTags: !tagged, auth: registryAuth(request.headers['x-registry-auth']), progress, signal,
  }));
};

const remove: Handler = async (exchange, { images }) => {
  const { query } = exchange;
  if (nameOf(exchange).trim() === '') throw new GantryError('invalid', 'image name cannot be blank');
  const platforms = atLeast(exchange.version, '1.50') ? query.all('platforms').flatMap((text) => decodePlatform(text) ?? []) : [];
  const removed = await images.remove(nameOf(exchange), { force: query.flag('force'), prune: !query.flag('noprune'), platforms });
  sendJson(exchange, 200, removed.map(removedJson));
};

const prune: Handler = async (exchange, { images }) => {
  const { deleted, reclaimedBytes } = await images.prune(parseFilters(exchange.query.text('filters'), ['dangling', 'until', 'label', 'label!']));
  sendJson(exchange, 200, { ImagesDeleted: deleted.length === 0 ? null : deleted.map(removedJson), SpaceReclaimed: reclaimedBytes });
};

/** The progress of a load is the answer; what goes wrong is told in it, since clients read no other error here. */
const load: Handler = async (exchange, { images }) => {
  const { query, signal } = exchange;
  const platform = onePlatform(exchange);
  flushHeaders(exchange, 200, { 'Content-Type': 'application/json' });
  await streamProgress(exchange, (progress) => images.load(bodyStream(exchange), {
    quiet: query.flag('quiet', true), ...(platform !== undefined && { platform }), progress, signal,
  }));
};

const saveOne: Handler = (exchange, services) => save(exchange, services, [nameOf(exchange)]);
const saveSeveral: Handler = (exchange, services) => save(exchange, services, exchange.query.all('names'));

async function save(exchange: Exchange, { images }: Services, names: string[]): Promise<void> {
  const platform = onePlatform(exchange);
  const tar = await images.save(names, { ...(platform !== undefined && { platform }), signal: exchange.signal });
  exchange.response.writeHead(200, { 'Content-Type': 'application/x-tar' });
  await pipeline(tar, exchange.response).catch((error: unknown) => {
    if (!exchange.signal.aborted) throw error;
  });
}

function historyJson(entry: HistoryEntry): object {
  return {
    Comment: entry.comment, Created: entry.created, CreatedBy: entry.createdBy, Id: entry.id, Size: entry.sizeBytes, Tags: entry.tags.length === 0 ? null : entry.tags,
  };
}

function removedJson(item: RemovedItem): object {
  return 'untagged' in item ? { Untagged: item.untagged } : { Deleted: item.deleted };
}

function nameOf(exchange: Exchange): string {
  return exchange.params['name']!;
}

function platformSince({ query, version }: Exchange, since: string): string | undefined {
  return atLeast(version, since) ? decodePlatform(query.text('platform')) : undefined;
}

/** Archives may be of several platforms in newer versions: more than one is refused, as Docker does. */
function onePlatform(exchange: Exchange): string | undefined {
  const platform = platformSince(exchange, '1.48');
  if (platform !== undefined && exchange.query.all('platform').length > 1) throw new GantryError('invalid', 'multiple platform parameters not supported');
  return platform;
}

export const imageRoutes: readonly Route[] = [
  { method: 'GET', path: '/images/json', handler: list },
  { method: 'GET', path: '/images/search', handler: search },
  { method: 'GET', path: '/distribution/{name}/json', handler: distribution, since: '1.30' },
  { method: 'GET', path: '/gantry/manifests/{name}', handler: getManifest },
  { method: 'PUT', path: '/gantry/manifests/{name}', handler: putManifest },
  { method: 'GET', path: '/images/get', handler: saveSeveral },
  { method: 'POST', path: '/images/load', handler: load },
  { method: 'POST', path: '/images/create', handler: createImage },
  { method: 'POST', path: '/images/prune', handler: prune, since: '1.25' },
  { method: 'GET', path: '/images/{name}/get', handler: saveOne },
  { method: 'GET', path: '/images/{name}/history', handler: history },
  { method: 'GET', path: '/images/{name}/json', handler: inspect },
  { method: 'POST', path: '/images/{name}/push', handler: push },
  { method: 'POST', path: '/images/{name}/tag', handler: tag },
  { method: 'DELETE', path: '/images/{name}', handler: remove },
];
