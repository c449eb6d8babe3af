import { existsSync } from 'node:fs';
import { GantryError, hasKind, isGantryError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import type { ExitReport } from '../../runtime/driver/runtime.ts';
import type { ProcessInput, SpecInput } from '../../runtime/spec/spec-input.ts';
import { refuseNul } from '../containers/check-request.ts';
import type { ContainerDeps } from '../containers/deps.ts';
import { publishEvent } from '../containers/publish-event.ts';
import { userOf } from '../containers/prepare-rootfs.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { environmentOf, hostnameOf, specInputOf } from '../containers/spec-input-of.ts';
import { cgroupPathOf } from '../containers/cgroup-path.ts';
import { saysItAlready, startFailure } from '../containers/start-failure.ts';
import { isAlive, notRunning, transition } from '../containers/transition.ts';
import type { Attached } from '../containers/verbs.ts';
import { Beginnings } from './beginnings.ts';
import type { ExecCreateRequest, ExecRecord, ExecVerbs } from './verbs.ts';

export interface ExecDeps extends Pick<ContainerDeps, 'catalog' | 'runtime' | 'events' | 'facts' | 'settings' | 'log'> {
  /** What a container was told by its links. @throws when one of them does not run any more */
  linkEnvironment: (container: ContainerRecord) => string[];
  /** The OCI process of an exec in a container that `input` describes. */
  execProcess: (input: SpecInput, exec: { process: ProcessInput; privileged: boolean }) => object;
}

/** Execs live as long as their container's run, and in memory: a daemon that comes back knows those that still run from the monitor. */
export interface Execs extends ExecVerbs {
  idsOf(containerId: string): string[];
  forget(containerId: string): void;
  /** Records the exit code before the exec's stream ends. */
  exited(exit: ExitReport): Promise<void>;
  /** An exec found running, or ended and not released, after a restart of the daemon. */
  adopt(found: { execId: string; containerId: string; pid: number; exitCode: number | null }): void;
}

/** Docker's: a terminal is given its size while its process is still on the way. */
const beginPatienceMs = 10_000;
/** Ended execs that are kept for inspect, of all containers together. */
const keptEnded = 1000;

/** Of an exec from before a restart of the daemon. */
const forgottenRequest: ExecCreateRequest = {
  cmd: [], env: [], user: '', workingDir: '', privileged: false, tty: false, attachStdin: false, attachStdout: false, attachStderr: false, detachKeys: '',
};

export function createExecs(deps: ExecDeps): Execs {
  const records = new Map<string, ExecRecord>();
  const started = new Set<string>();
  const beginnings = new Beginnings();

  const find = (id: string): ExecRecord => {
    const exact = records.get(id);
    if (exact !== undefined) return exact;
    const matches = /^[0-9a-f]+$/.test(id) ? [...records.keys()].filter((each) => each.startsWith(id)) : [];
    if (matches.length !== 1) throw new GantryError('notFound', `No such exec instance: ${id}`);
    return records.get(matches[0] as string) as ExecRecord;
  };
  const save = (record: ExecRecord): ExecRecord => {
    records.set(record.id, record);
    if (hasBegun(record)) beginnings.begun(record.id);
    return record;
  };
  const dropOld = (): void => {
    let extra = records.size - keptEnded;
    for (const [id, record] of records) {
      if (extra <= 0) return;
      if (record.running || !started.has(id)) continue;
      records.delete(id);
      started.delete(id);
      extra--;
    }
  };

  return {
    create: async (container, request) => {
      const record = deps.catalog.find(container);
      checkRequest(record, request);
      const id = newId();
      dropOld();
      save({ id, containerId: record.id, request: { ...request, user: request.user || (record.config.user ?? '') }, running: false, exitCode: null, pid: 0 });
      publishEvent(deps.events, record, `exec_create: ${commandLine(request)}`, { execID: id });
      return { id };
    },
    start: async (execId, options) => {
      const exec = find(execId);
      const container = deps.catalog.find(exec.containerId);
      transition(container, 'exec');
      // Compose starts what it has attached to once more: where there is a stream, a second start is told in it.
      options.accepted?.();
      if (exec.running) throw new GantryError('conflict', `exec command ${exec.id} is already running`);
      if (started.has(exec.id)) throw new GantryError('conflict', `exec command ${exec.id} has already run`);
      started.add(exec.id);
      return await startExec(deps, { exec, container, save, current: () => records.get(exec.id) }, options);
    },
    resize: async (execId, size) => {
      const { id } = find(execId);
      if (!hasBegun(find(id)) && !await beginnings.wait(id, beginPatienceMs)) throw new GantryError('internal', 'timeout waiting for exec session ready');
      const exec = find(id);
      if (exec.pid === 0) throw new GantryError('invalid', 'exec process is not started');
      if (!exec.running) throw new GantryError('notFound', `process does not exist ${id}: not found`);
      await deps.runtime.resize({ id: exec.containerId, execId: exec.id }, size);
    },
    inspect: find,
    idsOf: (containerId) => [...records.values()].filter((exec) => exec.containerId === containerId && exec.running).map((exec) => exec.id),
    forget(containerId) {
      for (const [id, exec] of records) {
        if (exec.containerId !== containerId) continue;
        records.delete(id);
        started.delete(id);
        beginnings.begun(id);
      }
    },
    async exited(exit) {
      const exec = records.get(exit.execId ?? '');
      if (exec !== undefined) {
        save({ ...exec, running: false, exitCode: exit.exitCode });
        const container = deps.catalog.get(exec.containerId);
        if (container !== undefined) publishEvent(deps.events, container, 'exec_die', { execID: exec.id, exitCode: String(exit.exitCode) });
      }
      await deps.runtime.release({ id: exit.id, ...(exit.execId === undefined ? {} : { execId: exit.execId }) });
    },
    adopt({ execId, containerId, pid, exitCode }) {
      started.add(execId);
      save({ id: execId, containerId, pid, exitCode, running: exitCode === null, request: forgottenRequest });
    },
  };
}

/** It has its process, or had it, or failed to get one. */
function hasBegun({ pid, exitCode }: ExecRecord): boolean {
  return pid !== 0 || exitCode !== null;
}

interface ExecStart { exec: ExecRecord; container: ContainerRecord; save: (record: ExecRecord) => ExecRecord; current: () => ExecRecord | undefined }

async function startExec(deps: ExecDeps, { exec, container, save, current }: ExecStart, options: Parameters<ExecVerbs['start']>[1]): Promise<Attached | undefined> {
  const { request } = exec;
  const target = { id: container.id, execId: exec.id };
  const consoleSize = options.consoleSize ?? request.consoleSize;
  const attached = !options.detach;
  const attachment = attached
    // Opened before the process is there: nothing it writes is missed.
    ? await deps.runtime.attach(target, { stdin: request.attachStdin, stdout: request.attachStdout, stderr: request.attachStderr, tty: request.tty })
    : undefined;
  // Before the process is there, so that an exit which overtakes the answer finds it, and comes after this event.
  save({ ...exec, running: true });
  publishEvent(deps.events, container, `exec_start: ${commandLine(request)}`, { execID: exec.id });
  try {
    const process = ociProcess(deps, container, request, consoleSize);
    const { pid } = await deps.runtime.exec({
      ...target, process, tty: request.tty, openStdin: attached && request.attachStdin,
      ...(consoleSize === undefined ? {} : { consoleSize }),
    });
    // It may have ended meanwhile, and its container, too.
    const now = current();
    if (now !== undefined) save({ ...now, pid });
    return attachment && { ...attachment, detached: () => publishEvent(deps.events, container, 'exec_detach', { execID: exec.id }) };
  } catch (cause) {
    attachment?.stream.destroy();
    const { error, exitCode } = startFailure(cause, request.cmd[0] ?? '');
    // As with Docker, what is wrong before the OCI runtime is asked is 126.
    save({ ...exec, running: false, exitCode: saysItAlready(cause) ? 126 : exitCode });
    if (hasKind(cause, 'conflict')) throw cause;
    // It has just ended, and its end is not told yet: whatever was missing, this is why.
    if (!existsSync(rootOf(container))) throw notRunning(container.id);
    throw execFailure(error);
  }
}

/** The program, a space and its arguments, also when there are none. */
const commandLine = ({ cmd: [program, ...args] }: ExecCreateRequest): string => `${program} ${args.join(' ')}`;

/** The words Docker has for a process that could not be started in a container that runs. */
function execFailure(error: GantryError): GantryError {
  return new GantryError(error.kind, error.message.replace(/^failed to create task for container: failed to create shim task: OCI runtime create failed/, 'OCI runtime exec failed: exec failed'), { cause: error });
}

/** @throws conflict for a container that takes no exec now, invalid */
function checkRequest(container: ContainerRecord, { cmd, env, user }: ExecCreateRequest): void {
  if (cmd.length === 0) throw new GantryError('invalid', 'No exec command specified');
  transition(container, 'exec');
  refuseNul({ Cmd: cmd, Env: env });
  if (user !== '') checkUser(container, user);
}

/** Whether the container knows the user now: it may make and remove some until the exec starts. @throws invalid, conflict */
function checkUser(container: ContainerRecord, user: string): void {
  const root = rootOf(container);
  if (!existsSync(root)) throw notRunning(container.id);
  userOf(root, user, []);
}

/** The container's files as its first process sees them; a process that has ended has none. @throws conflict when it does not run */
function rootOf({ id, state }: ContainerRecord): string {
  if (!isAlive(state)) throw notRunning(id);
  return `/proc/${state.pid}/root`;
}

/** Those that have ended tell nothing. */
function linkEnvironmentOf(deps: ExecDeps, container: ContainerRecord): string[] {
  if (!container.hostConfig.links?.length) return [];
  try {
    return deps.linkEnvironment(container);
  } catch (error) {
    if (isGantryError(error)) return [];
    throw error;
  }
}

function ociProcess(deps: ExecDeps, container: ContainerRecord, request: ExecCreateRequest, consoleSize: [number, number] | undefined): object {
  const root = rootOf(container);
  const user = userOf(root, request.user, container.hostConfig.groupAdd ?? []);
  const cwd = request.workingDir || container.config.workingDir || '/';
  if (!cwd.startsWith('/')) throw new GantryError('internal', 'OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown');
  const env = environmentOf([...linkEnvironmentOf(deps, container), ...(container.config.env ?? []), ...request.env], { hostname: hostnameOf(container), tty: request.tty, home: user.home });
  const input = specInputOf(container, {
    rootfs: root, user, networkNamespace: 'host', pidNamespace: 'private', ipcNamespace: 'private', generated: [], mounts: [],
    cgroupPath: cgroupPathOf(deps, container), facts: deps.facts, defaults: deps.settings.defaults,
  });
  return deps.execProcess(input, {
    privileged: request.privileged || (container.hostConfig.privileged ?? false),
    process: {
      args: request.cmd, env, cwd, tty: request.tty,
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      ...(consoleSize === undefined ? {} : { consoleSize }),
    },
  });
}
