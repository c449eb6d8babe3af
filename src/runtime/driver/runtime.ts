import type { Duplex } from 'node:stream';

/**
 * What runs containers: the engine's only way to processes. Implemented by a client of the monitor, which outlives the daemon.
 * Every call is safe to repeat after the daemon died in the middle of it.
 */
export interface Runtime {
  /** Creates and starts in one go. @throws invalid with the OCI runtime's own text (command not found, permission denied …); nothing runs then. */
  start(request: StartRequest): Promise<{ pid: number }>;
  exec(request: ExecRequest): Promise<{ pid: number }>;
  /** Live streams of a container, or of an exec when `execId` is given. Before the start it waits for it; when that fails the stream ends. */
  attach(target: Target, request: AttachRequest): Promise<Attachment>;
  resize(target: Target, size: { rows: number; columns: number }): Promise<void>;
  /** Sends a signal to the container's first process, or to an exec's. @throws conflict when it is not running. */
  signal(target: Target, signal: number): Promise<void>;
  /** Closes stdin for good, when no attachment does. */
  closeStdin(target: Target): Promise<void>;
  /** What the monitor knows, for restore after a restart of the daemon. */
  list(): Promise<MonitorEntry[]>;
  /** The engine has recorded the exit: the monitor and the disk may forget it. */
  release(target: Target): Promise<void>;
  /** Exits, in order, also those from before this daemon connected and not yet released. Returns the undo. */
  onExit(listener: (exit: ExitReport) => void): () => void;
  close(): Promise<void>;
}

export interface Target { id: string; execId?: string }

export interface StartRequest {
  id: string;
  /** Directory with config.json (the OCI spec), on /run. */
  bundle: string;
  /** What it runs, as it was asked for. */
  program?: string;
  tty: boolean;
  /** Keeps the container's stdin open; without it stdin is /dev/null. */
  openStdin: boolean;
  /** stdin ends when the first attachment with stdin ends. */
  stdinOnce: boolean;
  log: LogSettings;
  /** A limit that the OCI runtime could not work under: set on the process before its program runs. */
  openFiles?: { soft: number; hard: number };
  /** Name or path of the OCI runtime: `crun`, `runc`. */
  runtime: string;
  /** Its own arguments, before all others. */
  runtimeArgs?: string[];
  consoleSize?: [height: number, width: number];
  /** Cleaned by the monitor after the exit: cgroup paths to remove. */
  cgroupPath: string;
}

export interface LogSettings {
  driver: 'json-file' | 'local' | 'none';
  /** Absolute path of the file that is written. */
  path: string;
  /** Bytes; undefined is without limit. */
  maxSize?: number;
  maxFiles: number;
  compress?: boolean;
  /** Extra `attrs` of each line. */
  attributes?: Record<string, string>;
}

/** Of a process in a container that runs, by the runtime that started it. */
export interface ExecRequest {
  id: string;
  execId: string;
  /** The OCI process object. */
  process: object;
  tty: boolean;
  openStdin: boolean;
  consoleSize?: [height: number, width: number];
}

export interface AttachRequest {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** What the target will be: attach before the start, so that nothing of its output is missed. A running target knows it better. */
  tty?: boolean;
  /** Path of the target's log: the stream then begins with what of an unfinished line is not in it yet, and `logEnd` says where it ended. */
  log?: string;
}

/** Where a log ended at a moment. A file that is not there has no inode. */
export interface LogEnd {
  inode: number | undefined;
  bytes: number;
  /** Of that moment, RFC 3339: lines written before it have an earlier time. */
  time: string;
}

export interface Attachment {
  /**
   * Bytes from the container: raw when it has a tty, else 8-byte frames as on Docker's wire
   * (`[1|2,0,0,0,length u32 BE]`). Ends when the container's streams have ended. Writing is stdin; ending the writable half closes stdin.
   */
  stream: Duplex;
  tty: boolean;
  /** The target was not running: the stream begins with its next start. */
  waits?: boolean;
  /** Where the log ended when the stream began, when it was asked for; a monitor of an older version does not say it. */
  logEnd?: LogEnd;
}

export interface ExitReport {
  id: string;
  execId?: string;
  /** 0–255; 128+n when killed by signal n. */
  exitCode: number;
  /** The monitor that was its parent died, and nobody could be asked for the code: 137 stands for it. */
  guessed?: boolean;
  oomKilled: boolean;
  /** RFC 3339 with nanoseconds. */
  at: string;
}

export interface MonitorEntry {
  id: string;
  execId?: string;
  pid: number;
  startedAt: string;
  exit?: ExitReport;
}
