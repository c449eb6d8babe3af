import type { EndpointRequest } from '../../oci/container.ts';
import type { Filters } from '../filters.ts';
import type { PublishedPort } from '../../network/network.ts';

export interface NetworkVerbs {
  create(request: NetworkCreateRequest): Promise<{ id: string; warning: string }>;
  list(filters: Filters): Promise<NetworkDetails[]>;
  inspect(network: string): Promise<NetworkDetails>;
  remove(network: string): Promise<void>;
  connect(network: string, container: string, request: EndpointRequest): Promise<void>;
  disconnect(network: string, container: string, force: boolean): Promise<void>;
  prune(filters: Filters): Promise<string[]>;
}

export interface NetworkCreateRequest {
  name: string;
  driver: string;
  enableIPv4?: boolean;
  enableIPv6?: boolean;
  ipam: { driver: string; options?: Record<string, string>; config: IpamPool[] };
  internal: boolean;
  attachable: boolean;
  ingress: boolean;
  configOnly: boolean;
  configFrom?: string;
  options: Record<string, string>;
  labels: Record<string, string>;
  scope?: string;
}

export interface IpamPool {
  subnet?: string;
  ipRange?: string;
  gateway?: string;
  auxAddresses?: Record<string, string>;
  /** What of it the engine chose: all, or the gateway of a subnet that was asked for. */
  chosen?: 'pool' | 'gateway';
}

export interface NetworkRecord extends NetworkCreateRequest {
  id: string;
  createdAt: string;
  scope: 'local';
  /** Kernel name of the bridge, for driver bridge. */
  bridge?: string;
}

/** A container that is on a network now. Addresses are empty in a family that it does not have there. */
export interface Connected { name: string; endpointId: string; macAddress: string; ipv4: string; ipv6: string; ports: PublishedPort[] }

export interface NetworkDetails {
  network: NetworkRecord;
  /** By container id. */
  containers: Record<string, Connected>;
}
