import type { KeyedLocks } from '../../base/locks.ts';
import type { Log } from '../../base/log.ts';
import type { Resolver } from '../../network/dns/client.ts';
import type { NetworkBackend } from '../../network/network.ts';
import type { PortAllocator } from '../../network/ports/port-allocator.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { EventBus } from '../events/bus.ts';
import type { Addresses } from './addresses.ts';
import type { NetworkSettings } from './settings.ts';
import type { NetworkCatalog } from './network-catalog.ts';

/** What the verbs of networks and the attachments of containers work with. */
export interface NetworkDeps {
  instanceId: string;
  settings: NetworkSettings;
  catalog: NetworkCatalog;
  addresses: Addresses;
  ports: PortAllocator;
  backend: NetworkBackend;
  /** Answers at 127.0.0.11 on user-defined networks. */
  resolver: Resolver;
  locks: KeyedLocks;
  events: EventBus;
  log: Log;
  containers: ContainerRecords;
  /** Where `hosts` and `resolv.conf` of a container that runs are. */
  filesDirectory(containerId: string): string;
}

/** The container records, as far as networks read and change them (the endpoints). A change is made under the container's lock, its id. */
export interface ContainerRecords {
  all(): ContainerRecord[];
  /** @throws notFound */
  find(container: string): ContainerRecord;
  get(id: string): ContainerRecord | undefined;
  save(record: ContainerRecord, options: { durable: boolean }): ContainerRecord;
}

/** Its namespace and endpoints exist in the kernel. */
export function isLive(record: ContainerRecord): boolean {
  return record.state.status === 'running' || record.state.status === 'paused';
}
