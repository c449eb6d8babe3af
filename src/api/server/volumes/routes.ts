import { GantryError } from '../../../base/errors.ts';
import { noSwarm } from '../../../engine/no-swarm.ts';
import { atLeast } from '../../types/version.ts';
import { decodeStruct } from '../codec/decode.ts';
import { field, stringMap, type Struct } from '../codec/field.ts';
import { readJson } from '../http/body.ts';
import { parseFilters } from '../http/filters.ts';
import { sendEmpty, sendJson } from '../http/respond.ts';
import type { Handler, Route } from '../http/router.ts';
import { volumeJson } from './json.ts';

const createStruct: Struct = {
  name: 'CreateOptions',
  fields: [field('Name', 'string'), field('Driver', 'string'), field('DriverOpts', stringMap, { key: 'options' }), field('Labels', stringMap)],
};

interface CreateBody { name?: string; driver?: string; options?: Record<string, string>; labels?: Record<string, string> }

const create: Handler = async (exchange, { volumes }) => {
  const body = (await readJson(exchange)) ?? {};
  const request = decodeStruct<CreateBody>(createStruct, body);
  if (Object.hasOwn(body as object, 'ClusterVolumeSpec')) throw new GantryError('unavailable', noSwarm);
  sendJson(exchange, 201, volumeJson(await volumes.create(request)));
};

const list: Handler = async (exchange, { volumes }) => {
  const found = await volumes.list(parseFilters(exchange.query.text('filters'), ['dangling', 'driver', 'label', 'name']));
  sendJson(exchange, 200, { Volumes: found.volumes.map(volumeJson), Warnings: found.warnings.length === 0 ? null : found.warnings });
};

const inspect: Handler = async (exchange, { volumes }) => {
  sendJson(exchange, 200, volumeJson(await volumes.inspect(exchange.params['name']!)));
};

const remove: Handler = async (exchange, { volumes }) => {
  await volumes.remove(exchange.params['name']!, exchange.query.flag('force'));
  sendEmpty(exchange, 204);
};

/** Before 1.42 volumes with a name went too: `all` is what was meant then. */
const prune: Handler = async (exchange, { volumes }) => {
  const filters = new Map(parseFilters(exchange.query.text('filters'), ['label', 'label!', 'all']));
  if (!atLeast(exchange.version, '1.42')) filters.set('all', [...new Set([...filters.get('all') ?? [], 'true'])]);
  const { deleted, reclaimedBytes } = await volumes.prune(filters);
  sendJson(exchange, 200, { VolumesDeleted: deleted, SpaceReclaimed: reclaimedBytes });
};

export const volumeRoutes: readonly Route[] = [
  { method: 'GET', path: '/volumes', handler: list },
  { method: 'POST', path: '/volumes/create', handler: create },
  { method: 'POST', path: '/volumes/prune', handler: prune, since: '1.25' },
  { method: 'GET', path: '/volumes/{name}', handler: inspect },
  { method: 'DELETE', path: '/volumes/{name}', handler: remove },
];
