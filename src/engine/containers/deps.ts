import { hasBlockIoLimit } from '../../host/block-io-limits.ts';
import { memoryNodes } from '../../host/memory-nodes.ts';
import type { KeyedLocks } from '../../base/locks.ts';
import type { Log } from '../../base/log.ts';
import type { Runtime } from '../../runtime/driver/runtime.ts';
import type { HostFacts, SpecInput } from '../../runtime/spec/spec-input.ts';
import type { Usage, UsageTarget } from '../../runtime/stats/usage.ts';
import type { Digest } from '../../store/content/content.ts';
import type { Metadata } from '../../store/metadata/metadata.ts';
import type { EventBus } from '../events/bus.ts';
import type { ContainerCatalog } from './catalog.ts';
import type { ContainerDefaults } from './defaults.ts';
import type { ContainerImages, ContainerVolumes, NetworkAttachments, RootFilesystems } from './ports.ts';
import type { HealthWatch } from './health.ts';
import type { MountStaging } from './mounts/staging.ts';
import type { LogOptions } from './verbs.ts';
import type { ContainerRecord } from './record.ts';
import { isAlive } from './transition.ts';
import type { Waiters } from './waiters.ts';
import type { Readable } from 'node:stream';
import { availableParallelism } from 'node:os';
import type { Resources } from '../../oci/container.ts';
import type { LimitFacts } from './check-resources.ts';

/** What the verbs of containers work with. Each function names the part it uses; only `daemon/assemble` makes a whole one. */
export interface ContainerDeps {
  catalog: ContainerCatalog;
  metadata: Metadata;
  locks: KeyedLocks;
  waiters: Waiters;
  /** Restarts to come, by container id. */
  restarts: RestartTimers;
  /** Containers whose removal is under way. */
  removals: Set<string>;
  /** Containers being restarted by hand: neither `--rm` nor a policy takes them in between. */
  restarting: Set<string>;
  runtime: Runtime;
  rootfs: RootFilesystems;
  images: ContainerImages;
  networks: NetworkAttachments;
  volumes: ContainerVolumes;
  staging: MountStaging;
  events: EventBus;
  cgroups: CgroupControl;
  health: Pick<HealthWatch, 'begin' | 'end' | 'resume' | 'forget' | 'statusOf'>;
  /** Ids of the execs of a container, for inspect; forgets them when it is removed. */
  execs: { idsOf(containerId: string): string[]; forget(containerId: string): void };
  spec: (input: SpecInput) => object;
  readLog: (path: string, driver: string, options: LogOptions & { ended: () => boolean; tty: boolean }) => Readable;
  readUsage: (target: UsageTarget) => Usage;
  /** The output of the host's `ps`. */
  runPs: (args: readonly string[]) => Promise<string>;
  /** Unpacked bytes of layers. */
  imageBytes: (chainIds: readonly Digest[]) => Promise<number>;
  facts: HostFacts;
  settings: ContainerSettings;
  log: Log;
}

/** `args` go before all others. A program that is not there is told when a container names it. */
export interface OciRuntime { path: string; args?: string[] }

export interface ContainerSettings {
  /** `<root>/containers`: one directory a container, with its layer, its log, and its generated files. */
  containersDirectory: string;
  /** `<run>/containers`: bundles. */
  bundlesDirectory: string;
  /** Below each cgroup controller, e.g. `/gantry-ab12`. */
  ownCgroup: string;
  /** These three change while the engine runs: to be asked each time. */
  readonly defaultRuntime: string;
  /** By name: OCI runtimes that may be asked for. */
  readonly runtimes: Record<string, OciRuntime>;
  readonly defaults: ContainerDefaults;
  stopTimeoutSeconds: number;
  defaultLogDriver: { type: string; config: Record<string, string> };
  init: boolean;
}

export interface RestartTimers {
  schedule(id: string, delayMs: number, act: () => Promise<void>): void;
  /** False when none was pending. */
  cancel(id: string): boolean;
  /** Length of the last pause before a start, 0 at first. */
  lastDelayMs(id: string): number;
  forget(id: string): void;
  close(): void;
}

/** What is done to running processes through their control group. `path` is below each controller. */
export interface CgroupControl {
  freeze(path: string): Promise<void>;
  thaw(path: string): Promise<void>;
  /** False for a group that is not there. */
  isFrozen(path: string): boolean;
  /** Of all processes in it, also below it. */
  pids(path: string): number[];
  /** Writes limits that changed. */
  update(path: string, said: Resources, whole: Resources): void;
}

export function limitFactsOf(facts: HostFacts): LimitFacts {
  const { controllers, cgroupVersion, swapAccounting } = facts;
  return {
    controllers, cgroupVersion, swapAccounting, cpuCount: availableParallelism(), memoryNodes: memoryNodes(),
    hasBlockIoLimit: (limit) => hasBlockIoLimit(limit, controllers),
  };
}

/** Whether a container that has or is getting a process mounts a volume. `except` does not count. */
export function isVolumeUsed(catalog: Pick<ContainerCatalog, 'all'>, volume: string, except: string | undefined): boolean {
  return catalog.all().some((record) => record.id !== except && (isAlive(record.state) || record.state.status === 'starting') && mountsVolume(record, volume));
}

/** Ids of containers that mount a volume. */
export function volumeUsers(catalog: Pick<ContainerCatalog, 'all'>, volume: string): string[] {
  return catalog.all().filter((record) => mountsVolume(record, volume)).map((record) => record.id);
}

function mountsVolume({ mounts }: ContainerRecord, volume: string): boolean {
  return mounts.some((mount) => mount.type === 'volume' && mount.name === volume);
}
