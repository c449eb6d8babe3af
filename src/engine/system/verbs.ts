/** Facts about the engine and its host, for /info and /version. The API shapes them. */
export interface SystemVerbs {
  info(): Promise<SystemInfo>;
  version(): Promise<VersionInfo>;
}

export interface VersionInfo {
  version: string;
  kernel: string;
  /** Name and version of what the engine is made of: node, the OCI runtime. */
  components: { name: string; version: string; details: Record<string, string> }[];
  buildTime: string;
  gitCommit: string;
}

export interface SystemInfo {
  id: string;
  containers: { total: number; running: number; paused: number; stopped: number };
  images: number;
  name: string;
  kernel: string;
  operatingSystem: string;
  osVersion: string;
  architecture: string;
  cpus: number;
  memoryBytes: number;
  root: string;
  storageDriver: { name: string; status: [string, string][] };
  cgroupVersion: 1 | 2;
  controllers: string[];
  runtimes: Record<string, { path: string; args?: string[] }>;
  defaultRuntime: string;
  /** Of containers that name none. */
  loggingDriver: string;
  securityOptions: string[];
  initBinary: string;
  warnings: string[];
  labels: string[];
  version: string;
  systemTime: string;
  httpProxy: string;
  httpsProxy: string;
  noProxy: string;
  debug: boolean;
  goroutinesLikeCount: number;
  fileDescriptors: number;
  eventListeners: number;
  registries: { insecure: string[]; mirrors: string[] };
}
