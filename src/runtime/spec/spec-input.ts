/**
 * Everything the OCI spec of a container depends on. `spec.ts` turns it into config.json and is a pure function:
 * the same input gives the same bytes (the runtime caches compiled seccomp profiles by their bytes).
 */
import type { HostConfig } from '../../oci/container.ts';

export interface SpecInput {
  id: string;
  /** Absolute path of the merged root filesystem. */
  rootfs: string;
  process: ProcessInput;
  /** Limits, security, namespaces, devices and paths are read from here. */
  host: HostConfig;
  hostname: string;
  domainname: string;
  /** Path of a network namespace to join; 'host' to stay in the host's. */
  networkNamespace: string | 'host';
  /** Resolved `container:<id>` modes: pid of the other container, or 'host', 'private', and 'none' for ipc. */
  pidNamespace: 'private' | 'host' | { ofPid: number };
  ipcNamespace: 'private' | 'host' | 'none' | { ofPid: number; shmPath: string };
  utsNamespace: 'private' | 'host';
  cgroupNamespace: 'private' | 'host';
  /** cgroup path below each controller, e.g. `/gantry-ab12/<id>`. */
  cgroupPath: string;
  /** Mounts resolved to host paths, in the order they are to be mounted (parents first), beyond the default ones. */
  mounts: ResolvedMount[];
  /** Host facts that the result depends on. */
  facts: HostFacts;
  annotations: Record<string, string>;
}

export interface ProcessInput {
  args: string[];
  env: string[];
  cwd: string;
  tty: boolean;
  /** Numbers only: names are resolved by the engine. */
  user: { uid: number; gid: number; additionalGids: number[] };
  /** Rows and columns of the first console. */
  consoleSize?: [height: number, width: number];
}

export interface ResolvedMount {
  target: string;
  type: 'bind' | 'tmpfs';
  /** Host path, for bind. */
  source?: string;
  readOnly: boolean;
  /** `rprivate`, `rshared`… for bind. */
  propagation?: string;
  recursive: boolean;
  recursiveReadOnly: boolean;
  /** tmpfs options such as `size=64m`. */
  options: string[];
}

export interface HostFacts {
  cgroupVersion: 1 | 2;
  /** Controllers that exist here. */
  controllers: string[];
  /** Capabilities in the daemon's bounding set: more cannot be given. */
  capabilities: string[];
  apparmor: boolean;
  seccomp: boolean;
  /** Of the daemon; defaults are clamped to it. */
  hardLimits: { nofile: number; nproc: number };
  kernel: string;
  architecture: string;
  swapAccounting: boolean;
  runtimeName: string;
  /** Host path of the init that `--init` binds, if there is one. */
  initPath: string | undefined;
  /** Directories of /sys with the thermal counters of its processors. */
  throttlePaths?: string[];
  /** Device nodes of the host's /dev, for `--privileged`. */
  devices?: { path: string; type: 'c' | 'b'; major: number; minor: number; fileMode: number; uid: number; gid: number }[];
}
