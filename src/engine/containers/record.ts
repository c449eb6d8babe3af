import type { ContainerConfig, EndpointRequest, HostConfig } from '../../oci/container.ts';
import type { Digest } from '../../store/content/content.ts';
import type { PublishedPort } from '../../network/network.ts';
import type { ResolvedMount } from '../../runtime/spec/spec-input.ts';

/** A container as the engine remembers it: an immutable value, replaced whole. */
export interface ContainerRecord {
  id: string;
  /** Without the leading slash; unique. */
  name: string;
  createdAt: string;
  image: { id: Digest; reference: string };
  /** Merged from the image and the request. */
  config: ContainerConfig;
  hostConfig: HostConfig;
  /** The engine's default at the create: no program in it gains privileges, unless the container says otherwise. */
  noNewPrivileges?: boolean;
  /** Of its last start, below each controller: the engine's place for control groups may be another by now. */
  cgroupPath?: string;
  /** What will run: entrypoint and command joined. */
  path: string;
  args: string[];
  /** By network name. */
  endpoints: Record<string, EndpointRecord>;
  mounts: MountPoint[];
  /** Chain ids of the image's layers, bottom first. */
  layers: Digest[];
  logPath: string;
  platform: string;
  state: ContainerState;
  restartCount: number;
  /** A person or the API asked for the end; restart policies rest. */
  stoppedByHand: boolean;
  /** Set while `--rm` or a remove is under way, so that a restart of the daemon finishes it. */
  removing: boolean;
}

/**
 * One state at a time; what is absent is a conflict. Docker's overlapping flags (Running, Paused, Restarting, Dead) are derived at the wire.
 * Times are RFC 3339 with nanoseconds.
 */
export type ContainerState =
  | StartableState
  /** Intent saved: a daemon that finds this at start cleans up, unless the monitor knows a pid. Until it runs, it is to clients what it was. */
  | { status: 'starting'; from?: StartableState }
  | { status: 'running' } & Run
  | { status: 'paused' } & Run
  | { status: 'dead'; error: string };

/** `finishedAt`: when the run before this one ended, if there was one. */
interface Run { pid: number; startedAt: string; finishedAt?: string }

/** Without a process, and able to get one. */
export type StartableState =
  | { status: 'created' }
  | { status: 'restarting'; startedAt: string; finishedAt: string; exitCode: number; attempt: number }
  | { status: 'exited'; startedAt: string; finishedAt: string; exitCode: number; oomKilled: boolean; error: string };

export interface EndpointRecord {
  endpointId: string;
  networkId: string;
  request: EndpointRequest;
  /** Names that resolve to it on this network. */
  dnsNames: string[];
  macAddress: string;
  /** With prefix length. Empty while the container is not running, unless asked for by name. */
  ipv4?: string;
  ipv6?: string;
  gateway?: string;
  gateway6?: string;
  ports: PublishedPort[];
  /** What it had when the container ran last, with prefix length: it gets them again where they are free. */
  before?: { ipv4?: string; ipv6?: string };
}

/** A mount as inspect shows it; `resolved` is what the spec gets. */
export interface MountPoint {
  type: 'bind' | 'volume' | 'tmpfs' | 'image';
  name?: string;
  source: string;
  destination: string;
  driver?: string;
  mode: string;
  rw: boolean;
  propagation: string;
  /** Image content is copied into an empty volume at the first start. */
  copyUp: boolean;
  subpath?: string;
  /** Of a mounted image, as it was at create; layers bottom first. */
  image?: { id: Digest; layers: Digest[] };
  resolved: ResolvedMount;
}
