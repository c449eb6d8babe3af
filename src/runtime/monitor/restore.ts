import { closeSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { isProcessIn } from '../../host/cgroups.ts';
import { reopenInputFifo, reopenOutputFifo } from '../../host/fifos.ts';
import { exitCodeOfPidfd, openPidfd } from '../../host/pidfd.ts';
import { processesWithArgument, sendSignal, startTimeOf } from '../../host/processes.ts';
import type { ExitReport } from '../driver/runtime.ts';
import type { InstanceFile, Streams } from './instance.ts';
import { containersPath, fileNames } from './paths.ts';

export interface Found {
  file: InstanceFile;
  pid: number;
  startedAt: string;
  streams: Streams;
  exit: ExitReport | undefined;
  /** Resolves when the process is gone, with its exit code where the kernel tells it; undefined when it was gone already. */
  gone: Promise<number | undefined> | undefined;
}

/** How often an adopted process is looked at: it is nobody's child here, so no signal tells. */
const pollMs = 100;
/** Whoever became its parent reaps it; one that does not for this long never will. */
const zombiePatienceMs = 2000;

/** An OCI runtime that has not ended by then is ended: what it was starting is no start that anybody waits for. */
const runtimePatienceMs = 10_000;

/** What a monitor that died left below the run directory. OCI runtimes that it was waiting for are waited for: what they start is found, too. */
export async function findInstances(run: string): Promise<Found[]> {
  const directories = directoriesIn(containersPath(run)).flatMap((container) => [container, ...directoriesIn(join(container, 'execs'))]);
  await Promise.all(directories.filter(isStarting).map(runtimeEnded));
  return directories.flatMap(findOne);
}

/** Nobody has seen it run, nor end. */
function isStarting(directory: string): boolean {
  return existsSync(join(directory, fileNames.instance)) && !existsSync(join(directory, fileNames.pid)) && !existsSync(join(directory, fileNames.exit));
}

/** The OCI runtime of a target is who has its log among its arguments. */
async function runtimeEnded(directory: string): Promise<void> {
  const log = join(directory, fileNames.runtimeLog);
  for (const began = performance.now(); ; await pause()) {
    const runtimes = processesWithArgument(log);
    if (runtimes.length === 0) return;
    if (performance.now() - began > runtimePatienceMs) for (const pid of runtimes) endIfThere(pid);
  }
}

function endIfThere(pid: number): void {
  try {
    sendSignal(pid, constants.signals.SIGKILL);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

function findOne(directory: string): Found[] {
  const file = readJson<InstanceFile>(join(directory, fileNames.instance));
  if (file === undefined) return [];
  const pidFile = join(directory, fileNames.pid);
  const pid = Number(readText(pidFile) ?? 0);
  const startedAt = pid === 0 ? new Date(0).toISOString() : statSync(pidFile).mtime.toISOString();
  const exit = readJson<ExitReport>(join(directory, fileNames.exit));
  // Opened before it is looked at: what is looked at cannot be another one by then.
  const pidfd = exit === undefined && pid > 1 ? openPidfd(pid) : undefined;
  const alive = pidfd !== undefined && isProcessIn(pid, file.cgroupPath);
  const streams = alive && !file.tty ? reopen(directory, file) : {};
  return [{ file, pid, startedAt, streams, exit, gone: pidfd === undefined ? undefined : alive ? whenGone(pid, pidfd) : whenReaped(pid, pidfd) }];
}

/**
 * Output goes on: the container holds its FIFOs read-write. So does input that outlives its attachments, if it has not been closed. A terminal ended
 * with the monitor that held its master.
 */
function reopen(directory: string, { stdinOnce }: InstanceFile): Streams {
  const stdin = stdinOnce ? undefined : reopenInputFifo(join(directory, fileNames.stdin));
  return { stdout: reopenOutputFifo(join(directory, fileNames.stdout)), stderr: reopenOutputFifo(join(directory, fileNames.stderr)), ...(stdin === undefined ? {} : { stdin }) };
}

async function whenGone(pid: number, pidfd: number): Promise<number | undefined> {
  const started = startTimeOf(pid);
  while (started !== undefined && startTimeOf(pid) === started) await pause();
  await reaped(pid, pidfd);
  const exitCode = exitCodeOfPidfd(pidfd);
  closeSync(pidfd);
  return exitCode;
}

/** A zombie shows no control group, so it may be another process by now: its code is left to those who watched it from the start. */
async function whenReaped(pid: number, pidfd: number): Promise<undefined> {
  if (startTimeOf(pid) === undefined) await reaped(pid, pidfd);
  closeSync(pidfd);
}

/** The code of a process is told when its new parent has reaped it. */
async function reaped(pid: number, pidfd: number): Promise<void> {
  for (let waitedMs = 0; exitCodeOfPidfd(pidfd) === undefined && existsSync(`/proc/${pid}`) && waitedMs < zombiePatienceMs; waitedMs += pollMs) await pause();
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pollMs));

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
