import type { Attachment, LogEnd } from '../../runtime/driver/runtime.ts';
import type { ContainerConfig, EndpointRequest, HostConfig } from '../../oci/container.ts';
import type { ContainerRecord, EndpointRecord } from './record.ts';
import type { HealthState } from './health.ts';
import type { Filters } from '../filters.ts';
import type { Usage } from '../../runtime/stats/usage.ts';
import type { Readable } from 'node:stream';

/** What a client can ask of containers. One file implements each; `container` is an id, an unambiguous prefix of one, or a name. */
export interface ContainerVerbs {
  create(request: CreateRequest): Promise<{ id: string; warnings: string[] }>;
  /** @throws notModified when it runs already. */
  start(container: string): Promise<void>;
  stop(container: string, options: { signal?: string; timeoutSeconds?: number }): Promise<void>;
  kill(container: string, signal: string): Promise<void>;
  restart(container: string, options: { signal?: string; timeoutSeconds?: number }): Promise<void>;
  pause(container: string): Promise<void>;
  unpause(container: string): Promise<void>;
  rename(container: string, name: string): Promise<void>;
  remove(container: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void>;
  resize(container: string, size: { rows: number; columns: number }): Promise<void>;
  /** Resolves once the wait is registered, so the caller can flush its headers; `done` resolves at the condition. */
  wait(container: string, condition: 'not-running' | 'next-exit' | 'removed', abort: AbortSignal): Promise<{ done: Promise<{ exitCode: number; error?: string }> }>;
  attach(container: string, options: AttachOptions): Promise<Attached>;
  logs(container: string, options: LogOptions): Promise<{ tty: boolean; frames: Readable }>;
  /** @throws notFound at once */
  stats(container: string, options: StatsOptions): AsyncIterable<ContainerSample>;
  top(container: string, psArgs: string): Promise<{ titles: string[]; processes: string[][] }>;
  list(options: { all: boolean; limit: number; size: boolean; filters: Filters }): Promise<ContainerSummary[]>;
  inspect(container: string, options: { size: boolean }): Promise<ContainerDetails>;
  prune(filters: Filters): Promise<{ deleted: string[]; reclaimedBytes: number }>;
  update(container: string, change: Partial<HostConfig>): Promise<{ warnings: string[] }>;
}

export interface Attached extends Attachment {
  /** Its client has left by the detach keys: the world is told. */
  detached?: () => void;
}

export interface CreateRequest {
  name?: string;
  platform?: string;
  config: ContainerConfig;
  hostConfig: HostConfig;
  endpoints: Record<string, EndpointRequest>;
}

export interface AttachOptions { stdin: boolean; stdout: boolean; stderr: boolean; logs: boolean; stream: boolean }

export interface LogOptions {
  follow: boolean;
  stdout: boolean;
  stderr: boolean;
  timestamps: boolean;
  details: boolean;
  /** Nanoseconds since the epoch as decimal text, "" for none. */
  since: bigint | undefined;
  until: bigint | undefined;
  /** Number of lines from the end; undefined for all. */
  tail: number | undefined;
  /** Reads no further, where a live stream takes over. */
  end?: LogEnd;
  abort: AbortSignal;
}

/** One look at a container. */
export interface ContainerSample {
  id: string;
  name: string;
  /** Undefined when the container does not run. */
  moment: Moment | undefined;
  /** The look before, from which shares of time are told. */
  previous: Moment | undefined;
}

export interface Moment { at: string; usage: Usage }

export interface StatsOptions {
  /** `stream`: one a second until the container is removed; `pair`: one, with the look a second before it; `once`: one, now. */
  mode: 'stream' | 'pair' | 'once';
  abort: AbortSignal;
}

/** A record with what is measured at the moment of asking. */
export interface ContainerDetails {
  record: ContainerRecord;
  execIds: string[];
  sandboxPath: string | undefined;
  /** Undefined without a health check, and before the first run. Of a container that has ended it is that of its last run. */
  health?: HealthState | undefined;
  /** Bytes, when asked for. */
  size?: { rw: number; rootFs: number };
  /** To others on the default bridge: `/database:/web/db`. */
  links?: string[];
}

export interface ContainerSummary {
  record: ContainerRecord;
  /** Its own, and those of links to it (`web/db`), sorted. */
  names: string[];
  /** The image as people see it now: the name it was created with, or an id when that name moved. */
  imageName: string;
  endpoints: Record<string, EndpointRecord>;
  health?: HealthState['status'] | undefined;
  size?: { rw: number; rootFs: number };
}
