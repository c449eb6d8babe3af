import { GantryError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { chooseSubnet, firstAddress } from '../../network/addresses/choose.ts';
import { bridgeName } from '../../network/bridge/names.ts';
import type { NetworkRecord } from './verbs.ts';

/** Networks that exist from the first start and cannot be removed. */
export const predefinedNames: readonly string[] = ['bridge', 'host', 'none'];

/**
 * The records of `bridge`, `host` and `none` that are missing. @param usedSubnets routes of the host and subnets of other networks
 * @throws exhausted when no default subnet is free
 */
export function missingDefaults(present: readonly NetworkRecord[], options: { instanceId: string; usedSubnets: string[]; createdAt: string }): NetworkRecord[] {
  return predefinedNames
    .filter((name) => !present.some((record) => record.name === name))
    .map((name) => (name === 'bridge' ? defaultBridge(options) : plain(name, name === 'none' ? 'null' : name, options.createdAt)));
}

function defaultBridge({ instanceId, usedSubnets, createdAt }: { instanceId: string; usedSubnets: string[]; createdAt: string }): NetworkRecord {
  const subnet = chooseSubnet(usedSubnets);
  if (subnet === undefined) throw noFreePool();
  const record = plain('bridge', 'bridge', createdAt);
  const bridge = bridgeName(instanceId, record.id);
  return {
    ...record,
    bridge,
    ipam: { driver: 'default', options: {}, config: [{ subnet, gateway: firstAddress(subnet) }] },
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': 'true',
      'com.docker.network.bridge.enable_ip_masquerade': 'true',
      'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
      'com.docker.network.bridge.name': bridge,
      'com.docker.network.driver.mtu': '1500',
    },
  };
}

export function noFreePool(): GantryError {
  return new GantryError('exhausted', 'all predefined address pools have been fully subnetted', { hint: 'Name a free subnet: --subnet 10.89.0.0/24' });
}

function plain(name: string, driver: string, createdAt: string): NetworkRecord {
  return {
    id: newId(), name, driver, createdAt, scope: 'local', enableIPv4: true, enableIPv6: false, internal: false, attachable: false, ingress: false,
    configOnly: false, ipam: { driver: 'default', options: {}, config: [] }, options: {}, labels: {},
  };
}
