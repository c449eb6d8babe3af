import type { EndpointRequest, HostConfig } from '../../oci/container.ts';
import type { ContainerRecord, EndpointRecord } from './record.ts';
import type { Digest } from '../../store/content/content.ts';
import type { ImageRecord } from '../../store/records.ts';
import type { LocalVolumes } from '../volumes/local-volumes.ts';

/**
 * What containers need of the other nouns of the engine. Each noun's own folder implements its port;
 * `daemon/assemble` joins them. Everything here is safe to repeat after the daemon died in the middle of it.
 */
export interface NetworkAttachments {
  /**
   * Decides at create which networks a container joins and what was asked of each; reserves nothing.
   * Addresses in the result are those asked for by name only. @throws notFound for an unknown network, invalid for a bad request.
   */
  plan(request: NetworkPlanRequest): Record<string, EndpointRecord>;
  /** A namespace without endpoints, from the pool: started while the root filesystem is being mounted. */
  sandbox(containerId: string): Promise<string>;
  /** Addresses, veths and ports of every endpoint; undoes all of it when one fails. Returns the endpoints with their addresses. */
  attach(record: ContainerRecord, sandboxPath: string): Promise<Record<string, EndpointRecord>>;
  /** Gives back addresses, ports and the namespace; never throws for what is gone already. Returns the endpoints as they rest. */
  detach(record: ContainerRecord): Promise<Record<string, EndpointRecord>>;
  /** The container is being removed: nothing of it may stay. */
  forget(record: ContainerRecord): Promise<void>;
  /** Texts of /etc/hosts, /etc/hostname and /etc/resolv.conf, after attach. `hosts` also for host mode. */
  files(record: ContainerRecord): { hosts: string; hostname: string; resolvConf: string };
  /** What a container learns of those it is linked to on the default bridge, before its own environment. @throws invalid when one does not run */
  environment(record: ContainerRecord): string[];
  /** Links of the default bridge by the ids of those they lead to, which keep them over a change of names. */
  linksById(links: readonly string[]): string[];
  /** What is left of a container's links without the one of that alias; undefined when it has none such. */
  linksWithout(record: ContainerRecord, alias: string): string[] | undefined;
  /** Those links as Docker shows them, `/database:/web/db`, by the names of now; without those that are gone. */
  links(record: ContainerRecord): string[];
  /** Tells of each network that the container is on from now, or was on until now. */
  report(record: ContainerRecord, what: 'connect' | 'disconnect'): void;
  /** Published ports and names change with the name. */
  renamed(record: ContainerRecord, before: string): Promise<void>;
  /** Path of the namespace of a container that runs. */
  sandboxPath(containerId: string): string;
}

export interface NetworkPlanRequest {
  containerId: string;
  containerName: string;
  hostname: string;
  domainname: string;
  hostConfig: HostConfig;
  exposedPorts: string[];
  macAddress?: string;
  endpoints: Record<string, EndpointRequest>;
}

/** The writable layer of a container over the layers of its image. */
export interface RootFilesystems {
  /** Directories `diff` and `work` of a new container. */
  create(containerId: string): Promise<void>;
  /**
   * Mounts it at a path of its own below the run directory; disposing unmounts lazily and gives the layers back. Writable only for a container
   * without a process: one that runs has its own mount, which a second writable one would break.
   */
  mount(containerId: string, layers: readonly Digest[], options?: { readOnly?: boolean }): Promise<MountedRoot>;
  /** Removes the writable layer and whatever is mounted on it. */
  remove(containerId: string): Promise<void>;
  /** Bytes of the writable layer. */
  usage(containerId: string): Promise<number>;
  /** Unmounts what earlier daemons left mounted. */
  sweep(): Promise<void>;
}

export interface MountedRoot extends AsyncDisposable { path: string }

/** Volumes as containers use them; `prepare` makes a directory, `commit` the record, in the transaction that writes the container's. */
export type ContainerVolumes = Pick<LocalVolumes, 'get' | 'prepare' | 'commit' | 'discard' | 'forget' | 'pathOf'>;

/** Images of containers to come: kept from garbage collection between resolve and the record. */
export interface ContainerImages {
  resolve(image: string, platform?: string): ImageRecord;
  /** Makes the layers of an image that was kept without unpacking ready. */
  unpack(image: ImageRecord): Promise<void>;
  /** The name people would call this image by now, for lists: what it was created with while that still points to it. */
  nameOf(id: Digest, createdAs: string): string;
  /** A container is gone: of images that were removed before it, it alone kept the layers. */
  letGo(images: readonly Pick<ImageRecord, 'id'>[], chainIds: readonly Digest[]): Promise<void>;
}
