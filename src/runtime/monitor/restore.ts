import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isProcessIn } from '../../host/cgroups.ts';
import { reopenOutputFifo } from '../../host/fifos.ts';
import { startTimeOf } from '../../host/processes.ts';
import type { ExitReport } from '../driver/runtime.ts';
import type { InstanceFile, Streams } from './instance.ts';
import { containersPath, fileNames } from './paths.ts';

export interface Found {
  file: InstanceFile;
  pid: number;
  startedAt: string;
  streams: Streams;
  exit: ExitReport | undefined;
  /** Resolves when the process is gone; undefined when it was gone already. */
  gone: Promise<void> | undefined;
}

/** How often an adopted process is looked at: it is nobody's child here, so the kernel does not tell. */
const pollMs = 500;

/** What a monitor that died left below the run directory. */
export function findInstances(run: string): Found[] {
  return directoriesIn(containersPath(run)).flatMap((container) => [
    ...findOne(container),
    ...directoriesIn(join(container, 'execs')).flatMap(findOne),
  ]);
}

function findOne(directory: string): Found[] {
  const file = readJson<InstanceFile>(join(directory, fileNames.instance));
  if (file === undefined) return [];
  const pidFile = join(directory, fileNames.pid);
  const pid = Number(readText(pidFile) ?? 0);
  const startedAt = pid === 0 ? new Date(0).toISOString() : statSync(pidFile).mtime.toISOString();
  const exit = readJson<ExitReport>(join(directory, fileNames.exit));
  const alive = exit === undefined && pid > 1 && isProcessIn(pid, file.cgroupPath);
  const streams = alive && !file.tty ? reopen(directory) : {};
  return [{ file, pid, startedAt, streams, exit, gone: alive ? whenGone(pid) : undefined }];
}

/** Output goes on: the container holds its FIFOs read-write. A terminal ended with the monitor that held its master. */
function reopen(directory: string): Streams {
  return { stdout: reopenOutputFifo(join(directory, fileNames.stdout)), stderr: reopenOutputFifo(join(directory, fileNames.stderr)) };
}

async function whenGone(pid: number): Promise<void> {
  const started = startTimeOf(pid);
  while (started !== undefined && startTimeOf(pid) === started) await new Promise((resolve) => setTimeout(resolve, pollMs));
}

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Undefined for a file that is absent or was being written when its writer died. */
function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readText(path) ?? '') as T;
  } catch {
    return undefined;
  }
}
