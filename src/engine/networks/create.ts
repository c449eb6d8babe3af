import { now } from '../../base/clock.ts';
import { GantryError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { inChoosingTurn } from '../../network/addresses/choosing-turn.ts';
import { bridgeName } from '../../network/bridge/names.ts';
import { checkCreate } from './check-create.ts';
import { unknownOptions } from './check-options.ts';
import { choosePools } from './choose-pools.ts';
import { configured } from './configuration.ts';
import type { NetworkDeps } from './deps.ts';
import { flagOption, kernelNetworkOf } from './kernel-network.ts';
import { networkEvent } from './network-event.ts';
import type { NetworkSettings } from './settings.ts';
import type { NetworkCreateRequest, NetworkRecord } from './verbs.ts';

/** The record is written before the kernel is changed: a daemon that dies in between makes the bridge at its next start. */
export async function create(deps: NetworkDeps, asked: NetworkCreateRequest): Promise<{ id: string; warning: string }> {
  return deps.locks.run('networks', () => inChoosingTurn(async () => {
    const request = withDefaults(configured(deps.catalog, asked), deps.settings);
    checkCreate(request);
    if (deps.catalog.byName(request.name) !== undefined) throw new GantryError('conflict', `network with name ${request.name} already exists`);
    const record = recordOf(deps, request);
    checkParent(deps, record);
    const network = kernelNetworkOf(record);
    deps.catalog.save(record);
    try {
      if (network !== undefined) await deps.backend.createNetwork(network);
    } catch (error) {
      deps.catalog.delete(record.id);
      throw error;
    }
    networkEvent(deps.events, record, 'create');
    return { id: record.id, warning: warningOf(request) };
  }));
}

/** The owner's options for all networks of a driver, where the request does not say otherwise; and the families that options turn on or off. */
function withDefaults(request: NetworkCreateRequest, { networkOptions }: NetworkSettings): NetworkCreateRequest {
  if (request.configOnly) return request;
  const options = { ...networkOptions[request.driver], ...request.options };
  const [enableIPv4, enableIPv6] = ([4, 6] as const).map((family) => request[`enableIPv${family}`] ?? flagOption(options, `enable_ipv${family}`));
  return { ...request, options, ...(enableIPv4 !== undefined && { enableIPv4 }), ...(enableIPv6 !== undefined && { enableIPv6 }) };
}

/** Drivers have options of their own, and nobody but they can tell what is a mistake: what has no effect here is told, not refused, since Docker takes it. */
function warningOf({ driver, options, ipam, configOnly }: NetworkCreateRequest): string {
  const unknown = configOnly ? [] : [...unknownOptions(driver, options), ...Object.keys(ipam.options ?? {})];
  return unknown.length === 0 ? '' : `options that this engine does not know have no effect: ${unknown.join(', ')}`;
}

function recordOf(deps: NetworkDeps, request: NetworkCreateRequest): NetworkRecord {
  const id = newId();
  const common = { ...request, id, createdAt: now(), scope: 'local' as const, enableIPv4: request.enableIPv4 ?? true, enableIPv6: request.enableIPv6 ?? false };
  if (request.configOnly) return { ...common, driver: 'null' };
  const record = { ...common, ipam: { ...request.ipam, config: choosePools(deps, request, id) } };
  if (request.driver !== 'bridge') return record;
  const bridge = request.options['com.docker.network.bridge.name'] || bridgeName(deps.instanceId, id);
  const other = deps.catalog.all().find((each) => each.bridge === bridge);
  if (other !== undefined) throw new GantryError('forbidden', `cannot create network ${id} (${bridge}): conflicts with network ${other.id} (${bridge}): networks have same bridge name`);
  return { ...record, bridge };
}

/** Two networks on one link would be one network with two ideas of who has which address. */
function checkParent(deps: NetworkDeps, record: NetworkRecord): void {
  const parent = record.driver === 'macvlan' ? record.options['parent'] : undefined;
  const other = parent ? deps.catalog.all().find((each) => each.driver === 'macvlan' && each.options['parent'] === parent) : undefined;
  if (other !== undefined) throw new GantryError('forbidden', `network ${other.id.slice(0, 12)} is already using parent interface ${parent}`);
}
