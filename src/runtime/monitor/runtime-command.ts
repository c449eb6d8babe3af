import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf, GantryError } from '../../base/errors.ts';
import { findProgram } from '../../host/find-program.ts';
import { spawnProcess, type SpawnRequest } from '../../host/processes.ts';
import { sealedCopyOf, withoutSealedCopy } from '../../host/sealed-program.ts';
import type { InstanceFile } from './instance.ts';
import { runtimeRoot } from './paths.ts';

/** How the OCI runtime is called. crun and runc, and what imitates them, understand the same options. */
export interface RuntimeCommand {
  path: string;
  /** `--root` of this runtime: its own directory below the run directory. */
  root: string;
  global: string[];
}

export function runtimeCommand(run: string, { runtime, runtimeArgs = [] }: Pick<InstanceFile, 'runtime' | 'runtimeArgs'>, logFile: string): RuntimeCommand {
  const root = runtimeRoot(run, runtime);
  const manager = basename(runtime) === 'crun' ? ['--cgroup-manager', 'cgroupfs'] : [];
  return { path: programOf(runtime), root, global: [...runtimeArgs, '--root', root, '--log', logFile, '--log-format', 'json', ...manager] };
}

/** They look whether they were started from a sealed file. Another runtime may look for its own file by name. */
const sealable = ['crun', 'runc'];

/** Starts a runtime and returns its pid. @throws HostError */
export function spawnRuntime(request: Omit<SpawnRequest, 'file'>): number {
  const file = sealable.includes(basename(request.path)) ? sealedCopyOf(request.path) : undefined;
  if (file === undefined) return spawnProcess(request);
  try {
    return spawnProcess({ ...request, file });
  } catch (error) {
    // A host's policy may forbid programs in memory.
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EPERM') throw error;
    withoutSealedCopy(request.path);
    return spawnProcess(request);
  }
}

/** @throws invalid when there is no such program */
function programOf(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new GantryError('invalid', `unknown or invalid runtime name: ${name}`);
  return found;
}

/** What the runtime said when it failed: the last error in its JSON log, or the exit code when it said nothing. */
export function runtimeFailure(name: string, logFile: string, exitCode: number): GantryError {
  const messages = logEntries(textOf(logFile)).filter(({ level }) => level === 'error' || level === 'fatal').map(({ msg }) => msg);
  const text = messages.at(-1) ?? `exit status ${exitCode}`;
  return new GantryError('invalid', `OCI runtime error: ${basename(name)}: ${text}`);
}

/** One JSON object a line, as runc and crun before 1.22 write them, or over several lines, as newer ones do. What is cut off is left out. */
export function logEntries(text: string): { level: string; msg: string }[] {
  return text.split(/^(?=\{)/m).flatMap((entry) => {
    try {
      return [JSON.parse(entry) as { level: string; msg: string }];
    } catch {
      return [];
    }
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
