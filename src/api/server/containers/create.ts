import { GantryError } from '../../../base/errors.ts';
import type { CreateRequest } from '../../../engine/containers/verbs.ts';
import type { ContainerConfig, EndpointRequest, HostConfig } from '../../../oci/container.ts';
import { containerConfigStruct } from '../codec/container-config.ts';
import { decodeStruct } from '../codec/decode.ts';
import { networkingConfigStruct } from '../codec/endpoint.ts';
import { field, type Struct } from '../codec/field.ts';
import { hostConfigStruct } from '../codec/host-config.ts';
import { refuseForeignFields, refuseRemovedLimits } from '../codec/refusals.ts';
import { atLeast } from '../../types/version.ts';
import { requireJson } from '../http/body.ts';
import { sendJson } from '../http/respond.ts';
import type { Handler } from '../http/router.ts';
import { applyCreateShims } from './create-shims.ts';

const createStruct: Struct = {
  name: 'CreateRequest',
  fields: [
    ...containerConfigStruct.fields,
    field('HostConfig', { struct: hostConfigStruct }),
    field('NetworkingConfig', { struct: networkingConfigStruct }),
  ],
};

interface CreateBody extends ContainerConfig {
  hostConfig?: HostConfig;
  networkingConfig?: { endpoints?: Record<string, EndpointRequest> };
}

export const create: Handler = async (exchange, services) => {
  const { query, version } = exchange;
  const { request, warnings } = readCreateRequest(await requireJson(exchange), version);
  const name = query.text('name');
  if (name !== '') request.name = name;
  if (atLeast(version, '1.41') && query.text('platform') !== '') request.platform = query.text('platform');
  const made = await services.containers.create(request);
  sendJson(exchange, 201, { Id: made.id, Warnings: [...made.warnings, ...warnings] });
};

/** The body of a create as the engine takes it, with what the client's version means by it. Pure. */
export function readCreateRequest(body: unknown, version: string): { request: CreateRequest; warnings: string[] } {
  const { hostConfig = {}, networkingConfig = {}, ...config } = decodeStruct<CreateBody>(createStruct, body ?? {});
  refuseEmptyEndpoints(body);
  if (Object.keys(config).length === 0) throw new GantryError('invalid', 'config cannot be empty in order to create a container');
  if (!atLeast(version, '1.42')) refuseRemovedLimits((body as Record<string, unknown>)['HostConfig']);
  refuseForeignFields(hostConfig);
  const request: CreateRequest = { config, hostConfig, endpoints: networkingConfig.endpoints ?? {} };
  return applyCreateShims(withNamedNetwork(request), version);
}

/** @throws invalid, in the words of Docker's current check, for a network without settings: null is not {} here. */
function refuseEmptyEndpoints(body: unknown): void {
  const said = body as { NetworkingConfig?: { EndpointsConfig?: Record<string, unknown> | null } | null } | null;
  for (const [name, endpoint] of Object.entries(said?.NetworkingConfig?.EndpointsConfig ?? {})) {
    if (endpoint === null) throw new GantryError('invalid', `invalid config for network ${name}: EndpointsConfig is nil`);
  }
}

/** `default` is another name of `bridge`, in the mode and among the endpoints. */
function withNamedNetwork(request: CreateRequest): CreateRequest {
  const mode = request.hostConfig.networkMode ?? '';
  if (mode !== '' && mode !== 'default') return request;
  const endpoints = Object.fromEntries(Object.entries(request.endpoints).map(([name, endpoint]) => [name === 'default' ? 'bridge' : name, endpoint]));
  return { ...request, endpoints, hostConfig: { ...request.hostConfig, networkMode: 'bridge' } };
}
