import type { Attached } from '../containers/verbs.ts';

export interface ExecVerbs {
  /** @throws conflict when the container is not running or is paused. */
  create(container: string, request: ExecCreateRequest): Promise<{ id: string }>;
  /**
   * Starts it; unless detached returns its streams, which end only after the exit code is recorded.
   * @throws notFound, and conflict when the container does not run, before `accepted`; then conflict for a second start, and what keeps the
   * program from running
   */
  start(execId: string, options: ExecStartOptions): Promise<Attached | undefined>;
  /** Waits for the process of one that is about to start. @throws invalid, notFound when there is none any more, internal when none came in ten seconds */
  resize(execId: string, size: { rows: number; columns: number }): Promise<void>;
  inspect(execId: string): ExecRecord;
}

export interface ExecStartOptions {
  detach: boolean;
  tty?: boolean;
  consoleSize?: [height: number, width: number];
  /** Told when what is wrong from here on belongs into the streams, and there is no process yet. */
  accepted?: () => void;
}

export interface ExecCreateRequest {
  cmd: string[];
  env: string[];
  user: string;
  workingDir: string;
  privileged: boolean;
  tty: boolean;
  attachStdin: boolean;
  attachStdout: boolean;
  attachStderr: boolean;
  detachKeys: string;
  consoleSize?: [height: number, width: number];
}

export interface ExecRecord {
  id: string;
  containerId: string;
  request: ExecCreateRequest;
  running: boolean;
  exitCode: number | null;
  pid: number;
}
