import { readdirSync, readFileSync } from 'node:fs';
import { checked, HostError, libc } from './ffi.ts';

const posixSpawn = libc.func(
  'int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)',
);
const actionsInit = libc.func('int posix_spawn_file_actions_init(void *actions)');
const actionsDestroy = libc.func('int posix_spawn_file_actions_destroy(void *actions)');
const actionsDup2 = libc.func('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)');
const attributesInit = libc.func('int posix_spawnattr_init(void *attributes)');
const attributesDestroy = libc.func('int posix_spawnattr_destroy(void *attributes)');
const attributesFlags = libc.func('int posix_spawnattr_setflags(void *attributes, int16_t flags)');
const attributesSigdefault = libc.func('int posix_spawnattr_setsigdefault(void *attributes, void *set)');
const attributesSigmask = libc.func('int posix_spawnattr_setsigmask(void *attributes, void *set)');
const sigfillset = libc.func('int sigfillset(void *set)');
const waitpid = libc.func('int waitpid(int pid, _Out_ int *status, int options)');
const prctl = libc.func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)');
const kill = libc.func('int kill(int pid, int signal)');

/** Larger than glibc's `posix_spawn_file_actions_t` (80), `posix_spawnattr_t` (336) and `sigset_t` (128) on every 64-bit Linux. */
const structBytes = 512;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const WNOHANG = 1;
const PR_SET_CHILD_SUBREAPER = 36;

export interface SpawnRequest {
  /** Absolute path of the program, and its own name for itself. */
  path: string;
  /** What is executed, when the program is not taken from `path`. */
  file?: string;
  args: string[];
  env: Record<string, string>;
  /** Descriptors that become 0, 1 and 2. Every other one must be close-on-exec, as Node's are. */
  stdio: [stdin: number, stdout: number, stderr: number];
}

/**
 * Starts a program and returns its pid; the caller reaps it. All signals get their default action and none is blocked: Node ignores
 * SIGPIPE, and a container would inherit that. @throws HostError
 */
export function spawnProcess(request: SpawnRequest): number {
  const actions = Buffer.alloc(structBytes);
  const attributes = Buffer.alloc(structBytes);
  actionsInit(actions);
  attributesInit(attributes);
  try {
    dup2Apart(actions, request.stdio);
    attributesSigdefault(attributes, fullSignalSet());
    attributesSigmask(attributes, Buffer.alloc(structBytes));
    attributesFlags(attributes, SETSIGDEF | SETSIGMASK);
    const pid: [number] = [0];
    const environment = Object.entries(request.env).map(([key, value]) => `${key}=${value}`);
    const error = posixSpawn(pid, request.file ?? request.path, actions, attributes, [request.path, ...request.args, null], [...environment, null]) as number;
    if (error !== 0) throw new HostError('posix_spawn', error, request.path);
    return pid[0];
  } finally {
    actionsDestroy(actions);
    attributesDestroy(attributes);
  }
}

/** A source below 3 would be overwritten before it is copied when it is not in its own place: only such a permutation is refused. */
function dup2Apart(actions: Buffer, stdio: readonly number[]): void {
  stdio.forEach((from, to) => {
    if (from < to) throw new Error(`descriptor ${from} cannot become ${to}: it is overwritten first`);
    actionsDup2(actions, from, to);
  });
}

function fullSignalSet(): Buffer {
  const set = Buffer.alloc(structBytes);
  sigfillset(set);
  return set;
}

export interface Reaped {
  pid: number;
  /** 0–255; 128+n when signal n killed it. */
  exitCode: number;
}

/**
 * Collects every child that has ended, also adopted ones. Only for a process that starts nothing through `node:child_process`:
 * libuv waits for its own children, and this would take them away.
 */
export function reapAll(): Reaped[] {
  const reaped: Reaped[] = [];
  for (;;) {
    const status: [number] = [0];
    const pid = waitpid(-1, status, WNOHANG) as number;
    if (pid <= 0) return reaped;
    reaped.push({ pid, exitCode: exitCodeOf(status[0]) });
  }
}

/** The shell's reading of a wait status. */
export function exitCodeOf(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}

/** Orphans among our descendants become our children from now on. @throws HostError */
export function becomeSubreaper(): void {
  checked(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) as number, 'prctl', 'PR_SET_CHILD_SUBREAPER');
}

/**
 * Sends a signal by number. Node's `process.kill` cannot send the real-time ones by name and refuses unknown numbers.
 * Safe for own children that are not reaped yet; for others check `startTimeOf` first. @throws HostError ESRCH
 */
export function sendSignal(pid: number, signal: number): void {
  if (pid <= 1) throw new HostError('kill', 3, String(pid));
  checked(kill(pid, signal) as number, 'kill', String(pid));
}

/**
 * When the process started, in clock ticks after boot: with the pid it names a process for good, since pids are used again.
 * Undefined when there is none, or only a zombie.
 */
export function startTimeOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
}

/** Of a process that nobody has reaped yet. */
export function parentOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined ? undefined : Number(fields[1]);
}

/** From its state on, the third field of proc_pid_stat(5). */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Processes with this among their arguments, without those that have ended. */
export function processesWithArgument(argument: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => argumentsOf(pid).includes(argument));
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it has ended
  }
}
