import { GantryError } from '../../../base/errors.ts';
import { booleanComplaint, parseBoolean } from '../../../base/parse-boolean.ts';
import type { NetworkCreateRequest } from '../../../engine/networks/verbs.ts';
import type { EndpointRequest } from '../../../oci/container.ts';
import { atLeast } from '../../types/version.ts';
import { decodeStruct } from '../codec/decode.ts';
import { endpointStruct } from '../codec/endpoint.ts';
import { field, stringMap, type Struct } from '../codec/field.ts';
import { readJson } from '../http/body.ts';
import { parseFilters } from '../http/filters.ts';
import { sendEmpty, sendJson } from '../http/respond.ts';
import type { Handler, Route } from '../http/router.ts';
import { networkJson } from './json.ts';

const createStruct: Struct = {
  name: 'CreateRequest',
  fields: [
    field('Name', 'string'), field('Driver', 'string'), field('Scope', 'string'),
    field('EnableIPv4', { pointer: 'bool' }), field('EnableIPv6', { pointer: 'bool' }),
    field('IPAM', { pointer: { struct: {
      name: 'IPAM',
      fields: [
        field('Driver', 'string'), field('Options', stringMap),
        field('Config', { list: { struct: {
          name: 'IPAMConfig',
          fields: [field('Subnet', 'string'), field('IPRange', 'string', { key: 'ipRange' }), field('Gateway', 'string'), field('AuxiliaryAddresses', stringMap, { key: 'auxAddresses' })],
        } } }),
      ],
    } } }, { key: 'ipam' }),
    field('Internal', 'bool'), field('Attachable', 'bool'), field('Ingress', 'bool'), field('ConfigOnly', 'bool'),
    field('ConfigFrom', { pointer: { struct: { name: 'ConfigReference', fields: [field('Network', 'string')] } } }),
    field('Options', stringMap), field('Labels', stringMap),
  ],
};

interface CreateBody extends Omit<Partial<NetworkCreateRequest>, 'ipam' | 'configFrom'> {
  ipam?: Partial<NetworkCreateRequest['ipam']>;
  configFrom?: { network?: string };
}

const create: Handler = async (exchange, { networks }) => {
  const { ipam = {}, configFrom, ...body } = decodeStruct<CreateBody>(createStruct, (await readJson(exchange)) ?? {});
  const made = await networks.create({
    name: body.name ?? '',
    driver: body.driver || 'bridge',
    ...(body.enableIPv4 !== undefined && atLeast(exchange.version, '1.48') && { enableIPv4: body.enableIPv4 }),
    ...(body.enableIPv6 !== undefined && { enableIPv6: body.enableIPv6 }),
    ipam: { driver: ipam.driver || 'default', ...(ipam.options && { options: ipam.options }), config: ipam.config ?? [] },
    internal: body.internal ?? false,
    attachable: body.attachable ?? false,
    ingress: body.ingress ?? false,
    configOnly: body.configOnly ?? false,
    ...(configFrom?.network && { configFrom: configFrom.network }),
    options: body.options ?? {},
    labels: body.labels ?? {},
    ...(body.scope && { scope: body.scope }),
  });
  sendJson(exchange, 201, { Id: made.id, Warning: made.warning });
};

const list: Handler = async (exchange, { networks }) => {
  const filters = parseFilters(exchange.query.text('filters'), ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']);
  const found = await networks.list(filters);
  sendJson(exchange, 200, found.map((network) => networkJson(network, !atLeast(exchange.version, '1.28'))));
};

/** `verbose` shows what services of a swarm have: nothing here. All networks are local ones. */
const inspect: Handler = async (exchange, { networks }) => {
  const id = exchange.params['id']!;
  const verbose = exchange.query.text('verbose');
  if (verbose !== '' && parseBoolean(verbose) === undefined) throw new GantryError('invalid', `invalid value for verbose: ${verbose}: ${booleanComplaint(verbose)}`);
  if (!['', 'local'].includes(exchange.query.text('scope'))) throw new GantryError('notFound', `network ${id} not found`);
  sendJson(exchange, 200, networkJson(await networks.inspect(id), true));
};

const remove: Handler = async (exchange, { networks }) => {
  await networks.remove(exchange.params['id']!);
  sendEmpty(exchange, 204);
};

const connectStruct: Struct = {
  name: 'ConnectOptions', fields: [field('Container', 'string'), field('EndpointConfig', { pointer: { struct: endpointStruct } })],
};

const connect: Handler = async (exchange, { networks }) => {
  const { container = '', endpointConfig = {} } = decodeStruct<{ container?: string; endpointConfig?: EndpointRequest }>(connectStruct, (await readJson(exchange)) ?? {});
  if (container === '') throw new GantryError('invalid', 'invalid name or ID supplied: ""');
  await networks.connect(exchange.params['id']!, container, endpointConfig);
  sendEmpty(exchange, 200);
};

const disconnectStruct: Struct = { name: 'DisconnectOptions', fields: [field('Container', 'string'), field('Force', 'bool')] };

const disconnect: Handler = async (exchange, { networks }) => {
  const { container = '', force = false } = decodeStruct<{ container?: string; force?: boolean }>(disconnectStruct, (await readJson(exchange)) ?? {});
  if (container === '') throw new GantryError('invalid', 'invalid name or ID supplied: ""');
  await networks.disconnect(exchange.params['id']!, container, force);
  sendEmpty(exchange, 200);
};

const prune: Handler = async (exchange, { networks }) => {
  const deleted = await networks.prune(parseFilters(exchange.query.text('filters'), ['until', 'label', 'label!']));
  sendJson(exchange, 200, { NetworksDeleted: deleted.length === 0 ? null : deleted });
};

export const networkRoutes: readonly Route[] = [
  { method: 'GET', path: '/networks', handler: list },
  { method: 'GET', path: '/networks/', handler: list },
  { method: 'POST', path: '/networks/create', handler: create },
  { method: 'POST', path: '/networks/prune', handler: prune, since: '1.25' },
  { method: 'GET', path: '/networks/{id}', handler: inspect },
  { method: 'DELETE', path: '/networks/{id}', handler: remove },
  { method: 'POST', path: '/networks/{id}/connect', handler: connect },
  { method: 'POST', path: '/networks/{id}/disconnect', handler: disconnect },
];
