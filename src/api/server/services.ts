import type { ContainerVerbs } from '../../engine/containers/verbs.ts';
import type { ExecVerbs } from '../../engine/execs/verbs.ts';
import type { FileVerbs } from '../../engine/files/verbs.ts';
import type { ImageVerbs } from '../../engine/images/verbs.ts';
import type { NetworkVerbs } from '../../engine/networks/verbs.ts';
import type { VolumeVerbs } from '../../engine/volumes/verbs.ts';
import type { SystemVerbs } from '../../engine/system/verbs.ts';
import type { EventBus } from '../../engine/events/bus.ts';
import type { Log } from '../../base/log.ts';

/** Everything the API asks of the engine. */
export interface Services {
  containers: ContainerVerbs;
  execs: ExecVerbs;
  files: FileVerbs;
  images: ImageVerbs;
  networks: NetworkVerbs;
  volumes: VolumeVerbs;
  system: SystemVerbs;
  events: EventBus;
  log: Log;
  facts: EngineFacts;
}

/** What the wire shows and the verbs do not tell with every answer; constant for the life of the daemon. */
export interface EngineFacts {
  /** Of Gantry, for the `Server` header and /version. */
  version: string;
  storageDriver: string;
  defaultRuntime: string;
  /** `host` on cgroup v1, `private` on v2, as Docker's defaults. */
  defaultCgroupnsMode: 'host' | 'private';
  cgroupVersion: 1 | 2;
  /** Of this host's processors: masked in containers. */
  throttlePaths?: readonly string[];
  /** Directory of a container's files, `<root>/containers/<id>`: inspect names the ones in it. */
  containerDirectory(id: string): string;
  /** Directories of a container's root filesystem, for `GraphDriver.Data`; undefined when it is not known. */
  layerDirectories(id: string): { lower: string[]; upper: string; work: string; merged: string } | undefined;
}
