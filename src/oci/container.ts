/**
 * What a person asks of a container, as values: the first half (`ContainerConfig`) can come from an image, the second
 * (`HostConfig`) belongs to the host. Field names are Docker's in camelCase (`CpuShares` is `cpuShares`); units are Docker's too.
 * Every field is optional on the wire; here `undefined` means "not said", and defaults are applied where the value is used.
 * Source: Engine API 1.51, definitions ContainerConfig, HostConfig, Resources, EndpointSettings, Mount.
 */
export interface ContainerConfig {
  hostname?: string;
  domainname?: string;
  user?: string;
  attachStdin?: boolean;
  attachStdout?: boolean;
  attachStderr?: boolean;
  /** Keys such as `80/tcp`. */
  exposedPorts?: Record<string, object>;
  tty?: boolean;
  openStdin?: boolean;
  stdinOnce?: boolean;
  env?: string[];
  cmd?: string[];
  healthcheck?: Healthcheck;
  argsEscaped?: boolean;
  /** The image as the person named it. */
  image?: string;
  volumes?: Record<string, object>;
  workingDir?: string;
  entrypoint?: string[];
  networkDisabled?: boolean;
  macAddress?: string;
  onBuild?: string[];
  labels?: Record<string, string>;
  stopSignal?: string;
  /** Seconds; -1 waits for ever. */
  stopTimeout?: number;
  shell?: string[];
}

/** Durations in nanoseconds; 0 inherits. */
export interface Healthcheck {
  test?: string[];
  interval?: number;
  timeout?: number;
  retries?: number;
  startPeriod?: number;
  startInterval?: number;
}

/** Nanoseconds that a duration of a health check has at the least, where it is said. */
export const leastHealthcheckNs = 1_000_000;

export interface HostConfig extends Resources {
  binds?: string[];
  containerIDFile?: string;
  logConfig?: { type?: string; config?: Record<string, string> };
  /** `default`, `bridge`, `host`, `none`, `container:<id>` or a network's name. */
  networkMode?: string;
  portBindings?: Record<string, PortBinding[]>;
  restartPolicy?: RestartPolicy;
  autoRemove?: boolean;
  volumeDriver?: string;
  volumesFrom?: string[];
  mounts?: MountRequest[];
  consoleSize?: [height: number, width: number];
  annotations?: Record<string, string>;
  capAdd?: string[];
  capDrop?: string[];
  cgroupnsMode?: string;
  dns?: string[];
  dnsOptions?: string[];
  dnsSearch?: string[];
  extraHosts?: string[];
  groupAdd?: string[];
  ipcMode?: string;
  cgroup?: string;
  links?: string[];
  oomScoreAdj?: number;
  pidMode?: string;
  privileged?: boolean;
  publishAllPorts?: boolean;
  readonlyRootfs?: boolean;
  securityOpt?: string[];
  storageOpt?: Record<string, string>;
  tmpfs?: Record<string, string>;
  utsMode?: string;
  usernsMode?: string;
  /** Bytes. */
  shmSize?: number;
  sysctls?: Record<string, string>;
  runtime?: string;
  isolation?: string;
  /** null: the default list; []: none. */
  maskedPaths?: string[] | null;
  readonlyPaths?: string[] | null;
}

export interface PortBinding { hostIp?: string; hostPort?: string }
export interface RestartPolicy { name?: string; maximumRetryCount?: number }

export interface Resources {
  cpuShares?: number;
  /** Bytes. */
  memory?: number;
  cgroupParent?: string;
  blkioWeight?: number;
  blkioWeightDevice?: { path?: string; weight?: number }[];
  blkioDeviceReadBps?: ThrottleDevice[];
  blkioDeviceWriteBps?: ThrottleDevice[];
  blkioDeviceReadIOps?: ThrottleDevice[];
  blkioDeviceWriteIOps?: ThrottleDevice[];
  /** Microseconds. */
  cpuPeriod?: number;
  cpuQuota?: number;
  cpuRealtimePeriod?: number;
  cpuRealtimeRuntime?: number;
  cpusetCpus?: string;
  cpusetMems?: string;
  devices?: DeviceMapping[];
  deviceCgroupRules?: string[];
  deviceRequests?: DeviceRequest[];
  memoryReservation?: number;
  /** Bytes of memory plus swap; -1 is without limit. */
  memorySwap?: number;
  memorySwappiness?: number | null;
  /** Billionths of a CPU. */
  nanoCpus?: number;
  oomKillDisable?: boolean | null;
  init?: boolean | null;
  pidsLimit?: number | null;
  ulimits?: { name?: string; soft?: number; hard?: number }[];
  cpuCount?: number;
  cpuPercent?: number;
  ioMaximumIOps?: number;
  ioMaximumBandwidth?: number;
}

export interface ThrottleDevice { path?: string; rate?: number }
export interface DeviceMapping { pathOnHost?: string; pathInContainer?: string; cgroupPermissions?: string }
export interface DeviceRequest {
  driver?: string;
  count?: number;
  deviceIDs?: string[];
  capabilities?: string[][];
  options?: Record<string, string>;
}

export interface MountRequest {
  target?: string;
  source?: string;
  type?: 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster';
  readOnly?: boolean;
  consistency?: string;
  bindOptions?: {
    propagation?: string;
    nonRecursive?: boolean;
    createMountpoint?: boolean;
    readOnlyNonRecursive?: boolean;
    readOnlyForceRecursive?: boolean;
  };
  volumeOptions?: {
    noCopy?: boolean;
    labels?: Record<string, string>;
    driverConfig?: { name?: string; options?: Record<string, string> };
    subpath?: string;
  };
  imageOptions?: { subpath?: string };
  tmpfsOptions?: { sizeBytes?: number; mode?: number; options?: string[][] };
}

/** What a person asks of one attachment to a network. */
export interface EndpointRequest {
  ipamConfig?: { ipv4Address?: string; ipv6Address?: string; linkLocalIPs?: string[] };
  links?: string[];
  aliases?: string[];
  macAddress?: string;
  driverOpts?: Record<string, string>;
  gwPriority?: number;
}
