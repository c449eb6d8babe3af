import { createHash } from 'node:crypto';
import type { KeyedLocks } from '../../base/locks.ts';
import type { Log } from '../../base/log.ts';
import { readSysctl } from '../../host/sysctl.ts';
import type { Resolver } from '../../network/dns/client.ts';
import type { NetworkBackend } from '../../network/network.ts';
import { PortAllocator } from '../../network/ports/port-allocator.ts';
import { reserveHostPort } from '../../network/ports/reserve.ts';
import type { Metadata } from '../../store/metadata/metadata.ts';
import type { EventBus } from '../events/bus.ts';
import { Addresses } from './addresses.ts';
import type { ContainerRecords, NetworkDeps } from './deps.ts';
import { defaultNetworkSettings, type NetworkSettings } from './settings.ts';
import { NetworkCatalog } from './network-catalog.ts';

export interface NetworkParts {
  instanceId: string;
  metadata: Metadata;
  backend: NetworkBackend;
  resolver: Resolver;
  locks: KeyedLocks;
  events: EventBus;
  log: Log;
  containers: ContainerRecords;
  filesDirectory(containerId: string): string;
  settings?: NetworkSettings;
}

/** The parts joined with the state that networks keep: records, addresses, ports. */
export function createNetworkDeps({ metadata, settings = defaultNetworkSettings, ...parts }: NetworkParts): NetworkDeps {
  const [from = 32768, to = 60999] = (readSysctl('net/ipv4/ip_local_port_range') ?? '').split(/\s+/).filter(Boolean).map(Number);
  // A family that the host has not cannot be listened at.
  const relayed = { ipv4: settings.relay, ipv6: settings.relay && readSysctl('net/ipv6/conf/lo/disable_ipv6') === '0' };
  return {
    ...parts,
    settings,
    catalog: new NetworkCatalog(metadata),
    addresses: new Addresses(metadata),
    ports: new PortAllocator({ ephemeral: { from, to, first: firstPort(parts.instanceId, { from, to }) }, reserve: reserveHostPort, isLedElsewhere: (port) => parts.backend.isLedElsewhere(port), relayed }),
  };
}

/**
 * Engines of one host begin at different ports: what a container of the one gives back, to have it again after its restart, is not what another one
 * gives out next.
 */
function firstPort(instanceId: string, { from, to }: { from: number; to: number }): number {
  return from + (createHash('sha256').update(instanceId).digest().readUInt32BE(0) % (to - from + 1));
}
