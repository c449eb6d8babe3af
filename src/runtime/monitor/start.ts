import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { GantryError, messageOf } from '../../base/errors.ts';
import { holdPrograms } from '../../host/exec-gate.ts';
import { limitOpenFiles } from '../../host/resource-limits.ts';
import { listenUnix, receiveDescriptor } from '../../host/sockets.ts';
import { setTerminalSize } from '../../host/terminal.ts';
import type { ExecRequest, StartRequest, Target } from '../driver/runtime.ts';
import type { Instance, InstanceFile, Streams } from './instance.ts';
import { consolePath, fileNames, targetPath } from './paths.ts';
import type { Reaper } from './reaper.ts';
import { runtimeCommand, runtimeFailure, spawnRuntime, type RuntimeCommand } from './runtime-command.ts';
import { closeInside, closeOutside, openStdio } from './stdio.ts';

export interface Launch {
  file: InstanceFile;
  openStdin: boolean;
  consoleSize: [height: number, width: number] | undefined;
  /** A process on whose root the program may only begin when the OCI runtime has ended. */
  held?: number;
  /** `run --bundle …` or `exec --process …`, without what every launch has. */
  command: (directory: string, options: string[]) => string[];
  /** A container is first created, and its program runs when it has this limit. */
  openFiles?: StartRequest['openFiles'];
}

export interface Launched { pid: number; streams: Streams }

let consoles = 0;

/**
 * One spawn of the OCI runtime, detached: it leaves the process behind as our child (we are the subreaper), with our FIFOs as its
 * stdio. Nothing is read from them before it succeeded: what the runtime says in failing must not reach the log.
 * @throws invalid with the runtime's own text; nothing of it is left then
 */
export async function launch(run: string, reaper: Reaper, request: Launch): Promise<Launched> {
  const directory = targetPath(run, request.file.target);
  prepareDirectory(directory, request.file);
  const logFile = join(directory, fileNames.runtimeLog);
  const command = runtimeCommand(run, request.file, logFile);
  const stdio = openStdio(directory, { tty: request.file.tty, openStdin: request.openStdin });
  const console_ = request.file.tty ? openConsole(run) : undefined;
  let letBegin: (() => void) | undefined;
  try {
    // A monitor that dies before the program runs must not leave it as one that does.
    const pidFile = join(directory, request.openFiles === undefined ? fileNames.pid : fileNames.created);
    const options = [...(request.openFiles === undefined ? ['--detach'] : []), '--pid-file', pidFile, ...(console_ === undefined ? [] : ['--console-socket', console_.path])];
    const args = [...command.global, ...request.command(directory, options)];
    if (request.held !== undefined) letBegin = holdPrograms(request.held);
    const runtimePid = spawnRuntime({ path: command.path, args, env: runtimeEnvironment(), stdio: stdio.inside });
    closeInside(stdio);
    const exitCode = await reaper.exitOf(runtimePid);
    if (exitCode !== 0) throw runtimeFailure(request.file.runtime, logFile, exitCode);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    if (request.openFiles !== undefined) {
      await startLimited({ pid, openFiles: request.openFiles, command, logFile, file: request.file, reaper });
      renameSync(pidFile, join(directory, fileNames.pid));
    }
    const terminal = console_ === undefined ? undefined : receiveDescriptor(console_.listening);
    if (terminal !== undefined && request.consoleSize !== undefined) {
      setTerminalSize(terminal, { rows: request.consoleSize[0], columns: request.consoleSize[1] });
    }
    return { pid, streams: { stdin: stdio.stdin, stdout: stdio.stdout, stderr: stdio.stderr, terminal } };
  } catch (error) {
    closeInside(stdio);
    closeOutside(stdio);
    throw error;
  } finally {
    letBegin?.();
    if (console_ !== undefined) {
      closeSync(console_.listening);
      rmSync(console_.path, { force: true });
    }
  }
}

interface Created { pid: number; openFiles: NonNullable<StartRequest['openFiles']>; command: RuntimeCommand; logFile: string; file: InstanceFile; reaper: Reaper }

/** @throws invalid; what was created is the caller's to take away */
async function startLimited({ pid, openFiles, command, logFile, file, reaper }: Created): Promise<void> {
  try {
    limitOpenFiles(pid, openFiles);
  } catch (cause) {
    throw new GantryError('invalid', `cannot limit the open files of the container to ${openFiles.soft}: ${messageOf(cause)}`, { cause, hint: 'For a container of another user than root the engine needs CAP_SYS_RESOURCE.' });
  }
  const sink = openSync('/dev/null', 'r+');
  const runtimePid = spawnRuntime({ path: command.path, args: [...command.global, 'start', file.target.id], env: runtimeEnvironment(), stdio: [sink, sink, sink] });
  closeSync(sink);
  const exitCode = await reaper.exitOf(runtimePid);
  if (exitCode !== 0) throw runtimeFailure(file.runtime, logFile, exitCode);
}

export function startLaunch(request: StartRequest): Launch {
  return {
    file: {
      target: { id: request.id }, tty: request.tty, stdinOnce: request.stdinOnce,
      runtime: request.runtime, ...(request.runtimeArgs !== undefined && { runtimeArgs: request.runtimeArgs }), cgroupPath: request.cgroupPath, log: request.log, ...(request.program !== undefined && { program: request.program }),
    },
    openStdin: request.openStdin,
    consoleSize: request.consoleSize,
    ...(request.openFiles !== undefined && { openFiles: request.openFiles }),
    command: (_directory, options) => [request.openFiles === undefined ? 'run' : 'create', '--bundle', request.bundle, ...options, request.id],
  };
}

/** An exec's stdin ends with the attachment that feeds it. */
export function execLaunch(request: ExecRequest, { pid: containerPid, file: { runtime, runtimeArgs, cgroupPath } }: Pick<Instance, 'pid' | 'file'>): Launch {
  // crun gives an exec's terminal its size when the program may run already, and see 0 by 0. runc is the other way round, and waits for the program to begin.
  const held = request.tty && request.consoleSize !== undefined && basename(runtime) === 'crun' ? containerPid : undefined;
  return {
    ...(held !== undefined && { held }),
    file: { target: { id: request.id, execId: request.execId }, tty: request.tty, stdinOnce: true, runtime, ...(runtimeArgs !== undefined && { runtimeArgs }), cgroupPath, program: (request.process as { args?: string[] }).args?.[0] ?? '' },
    openStdin: request.openStdin,
    consoleSize: request.consoleSize,
    command: (directory, options) => {
      const process = join(directory, fileNames.process);
      const size = request.tty && request.consoleSize !== undefined ? { consoleSize: { height: request.consoleSize[0], width: request.consoleSize[1] } } : {};
      writeFileSync(process, JSON.stringify({ ...request.process, terminal: request.tty, ...size }), { mode: 0o600 });
      return ['exec', '--process', process, ...options, request.id];
    },
  };
}

/** Removes the files that a launch made, and the directory when the engine has nothing in it. */
export function removeTargetFiles(run: string, target: Target): void {
  const directory = targetPath(run, target);
  for (const name of Object.values(fileNames)) rmSync(join(directory, name), { force: true });
  if (target.execId === undefined) rmSync(join(directory, 'execs'), { recursive: true, force: true });
  removeIfEmpty(directory);
  if (target.execId !== undefined) removeIfEmpty(join(directory, '..'));
}

function prepareDirectory(directory: string, file: InstanceFile): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of Object.values(fileNames)) rmSync(join(directory, name), { force: true });
  writeFileSync(join(directory, fileNames.instance), JSON.stringify(file), { mode: 0o600 });
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // The engine still keeps its bundle here, or it is gone already.
  }
}

function openConsole(run: string): { path: string; listening: number } {
  const path = consolePath(run, ++consoles);
  rmSync(path, { force: true });
  return { path, listening: listenUnix(path) };
}

/** The runtime needs little; nothing of the daemon's environment should reach hooks. */
function runtimeEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' };
}
