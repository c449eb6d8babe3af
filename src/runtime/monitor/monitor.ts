import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { atMost } from '../../base/at-most.ts';
import { GantryError, errnoOf, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { oomKillCount } from '../../host/cgroups.ts';
import { sendSignal } from '../../host/processes.ts';
import type { AttachRequest, ExecRequest, ExitReport, MonitorEntry, StartRequest, Target } from '../driver/runtime.ts';
import { LogWriter } from '../logs/log-writer.ts';
import { nowRfc3339 } from '../logs/time.ts';
import { Cleanup } from './cleanup.ts';
import { Instance, type InstanceFile } from './instance.ts';
import { fileNames, targetPath } from './paths.ts';
import { checkTarget, targetKey } from './protocol.ts';
import { Reaper } from './reaper.ts';
import { findInstances } from './restore.ts';
import { execLaunch, launch, removeTargetFiles, startLaunch, type Launch } from './start.ts';

/** An exec's stream stays open this long for children that it left in the background, as Docker's does. */
const lingerMs = 2000;
/** An exit is reported although an attachment has not read everything after this long. */
const attachmentPatienceMs = 2000;

/** Starts in flight are waited for, but no longer than this: an OCI runtime may hang in the kernel. */
const startPatienceMs = 10_000;

/** Of a process whose parent died, where the kernel tells nobody else: as if it had been killed. */
const guessedExitCode = 137;

interface Waiting { socket: Socket; request: AttachRequest }

/** All targets of one instance of the engine, and what can be done to them. Knows nothing of connections but attachments' sockets. */
export class Monitor {
  readonly #run: string;
  readonly #log: Log;
  readonly #reaper = new Reaper();
  readonly #cleanup: Cleanup;
  readonly #instances = new Map<string, Instance>();
  readonly #starting = new Map<string, Promise<{ pid: number }>>();
  /** Attachments that came before their target: they must miss nothing of its output. */
  readonly #waiting = new Map<string, Set<Waiting>>();
  readonly #report: (exit: ExitReport) => void;

  constructor(options: { run: string; log: Log; report: (exit: ExitReport) => void }) {
    this.#run = options.run;
    this.#log = options.log;
    this.#report = options.report;
    this.#cleanup = new Cleanup(options.run, this.#reaper);
  }

  /**
   * Takes over what a monitor before this one left: exits that nobody released, and containers that run. Resolves when what
   * ended meanwhile is cleaned up, so that a start of the same id finds nothing in its way.
   */
  async restore(): Promise<void> {
    for (const found of await findInstances(this.#run)) {
      const log = found.exit === undefined && found.file.log !== undefined ? this.#openLog(found.file) : undefined;
      const instance = new Instance({ ...found, log });
      instance.exit = found.exit;
      this.#instances.set(targetKey(found.file.target), instance);
      if (found.exit !== undefined) continue;
      this.#log.warn('took over a process from a monitor that died', { ...instance.target, pid: instance.pid });
      if (found.gone === undefined) await this.#ended(instance, undefined);
      else found.gone.then((exitCode) => this.#ended(instance, exitCode)).catch((error: unknown) => this.#log.error(messageOf(error)));
    }
  }

  /** Nothing runs and nothing is about to: the process may end, what is unreleased is on disk. */
  get idle(): boolean {
    return this.#starting.size === 0 && [...this.#instances.values()].every(({ exit }) => exit !== undefined);
  }

  start(request: StartRequest): Promise<{ pid: number }> {
    return this.#once({ id: request.id }, startLaunch(request));
  }

  exec(request: ExecRequest): Promise<{ pid: number }> {
    return this.#once({ id: request.id, execId: request.execId }, execLaunch(request, this.#running({ id: request.id })));
  }

  /** True or false for a tty; undefined when the target does not run yet: the attachment then waits for it. */
  attach(target: Target, request: AttachRequest, socket: Socket): boolean | undefined {
    checkTarget(target);
    const instance = this.#instances.get(targetKey(target));
    // A container can be started again, an exec cannot.
    if (instance !== undefined && (instance.exit === undefined || target.execId !== undefined)) return instance.file.tty;
    const waiting = this.#waiting.get(targetKey(target)) ?? new Set();
    const member = { socket, request };
    this.#waiting.set(targetKey(target), waiting.add(member));
    socket.once('close', () => {
      waiting.delete(member);
      if (waiting.size === 0 && this.#waiting.get(targetKey(target)) === waiting) this.#waiting.delete(targetKey(target));
    });
    return undefined;
  }

  /** Joins the streams; called after the answer to `attach` is on its way. */
  join(target: Target, request: AttachRequest, socket: Socket): void {
    this.#instances.get(targetKey(target))?.attach(socket, request);
  }

  resize(target: Target, size: { rows: number; columns: number }): void {
    this.#running(target).resize(size);
  }

  signal(target: Target, signal: number): void {
    const instance = this.#running(target);
    // Its number may be another process' by now.
    if (instance.hasEnded) throw notRunning(target);
    try {
      sendSignal(instance.pid, signal);
    } catch (error) {
      if (errnoOf(error) === 'ESRCH') throw notRunning(target);
      if (errnoOf(error) === 'EINVAL') throw new GantryError('invalid', `Invalid signal: ${signal}`);
      throw error;
    }
  }

  closeStdin(target: Target): void {
    const instance = this.#running(target);
    instance.closeStdin();
    // Who takes over when this monitor dies finds nothing to open.
    if (!instance.file.tty) rmSync(join(targetPath(this.#run, target), fileNames.stdin), { force: true });
  }

  /** What is being started is waited for: it would be missing, and come afterwards, for a daemon that has just died in the middle of its start. */
  async list(): Promise<MonitorEntry[]> {
    await this.#settled(() => true);
    return [...this.#instances.values()].map(({ target, pid, startedAt, exit }) => ({ ...target, pid, startedAt, ...(exit === undefined ? {} : { exit }) }));
  }

  unreleased(): ExitReport[] {
    return [...this.#instances.values()].flatMap(({ exit }) => (exit === undefined ? [] : [exit])).sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  /** @throws conflict while it runs */
  async release(target: Target): Promise<void> {
    checkTarget(target);
    // Their files go with the container's, and the OCI runtime may still be about to say that they began.
    if (target.execId === undefined) await this.#settled((key) => key.startsWith(`${target.id}/`));
    const instance = this.#instances.get(targetKey(target));
    if (instance !== undefined && instance.exit === undefined) throw new GantryError('conflict', `${targetKey(target)} is still running`);
    this.#instances.delete(targetKey(target));
    if (!this.#starting.has(targetKey(target))) removeTargetFiles(this.#run, target);
    if (target.execId !== undefined) return;
    for (const each of [...this.#instances.values()]) if (each.target.id === target.id && each.exit !== undefined) this.#instances.delete(targetKey(each.target));
  }

  /** Waits for starts in flight. */
  #settled(concerns: (key: string) => boolean): Promise<void> {
    return atMost(startPatienceMs, Promise.allSettled([...this.#starting].flatMap(([key, starting]) => (concerns(key) ? [starting] : []))));
  }

  /** A repeated start gives the process that runs already: the daemon may have died before it heard of it. */
  #once(target: Target, request: Launch): Promise<{ pid: number }> {
    checkTarget(target);
    const key = targetKey(target);
    const known = this.#instances.get(key);
    if (known !== undefined && known.exit === undefined) return Promise.resolve({ pid: known.pid });
    const inFlight = this.#starting.get(key);
    if (inFlight !== undefined) return inFlight;
    this.#instances.delete(key);
    const starting = this.#reaper.expecting(() => this.#launch(target, request)).finally(() => this.#starting.delete(key));
    this.#starting.set(key, starting);
    return starting;
  }

  async #launch(target: Target, request: Launch): Promise<{ pid: number }> {
    try {
      const { pid, streams } = await launch(this.#run, this.#reaper, request);
      const log = request.file.log === undefined ? undefined : this.#openLog(request.file);
      const instance = new Instance({ file: request.file, pid, startedAt: nowRfc3339(), streams, log });
      this.#instances.set(targetKey(target), instance);
      this.#takeWaiting(target).forEach(({ socket, request: attach }) => instance.attach(socket, attach));
      this.#reaper.onExit(pid, (exitCode) => {
        this.#ended(instance, exitCode).catch((error: unknown) => this.#log.error(messageOf(error), { ...target }));
      });
      return { pid };
    } catch (error) {
      if (target.execId === undefined) await this.#cleanup.removeFailed(request.file);
      removeTargetFiles(this.#run, target);
      this.#takeWaiting(target).forEach(({ socket }) => socket.end());
      throw error;
    }
  }

  /**
   * The order matters: all output is in the log and with the attachments before the exit is reported; an exec's exit is reported before its
   * stream ends, since clients ask for the code at that moment.
   */
  async #ended(instance: Instance, exitCode: number | undefined): Promise<void> {
    const at = nowRfc3339();
    instance.hasEnded = true;
    const isContainer = instance.target.execId === undefined;
    let oomKilled = false;
    // Whatever the kernel refuses meanwhile, the exit is told: without it the engine would take the container for one that runs, for ever.
    const attempt = async (act: () => unknown): Promise<void> => {
      try {
        await act();
      } catch (error) {
        this.#log.error('could not clean up behind a process that ended', { ...instance.target, error: messageOf(error) });
      }
    };
    if (isContainer) await attempt(() => (oomKilled = oomKillCount(this.#cleanup.mounts, instance.file.cgroupPath) > 0));
    if (isContainer) await attempt(() => this.#cleanup.killLeftovers(instance.file));
    await attempt(() => instance.finishOutput(isContainer ? 0 : lingerMs));
    if (isContainer) {
      await instance.endAttachments(attachmentPatienceMs);
      await attempt(() => this.#cleanup.removeContainer(instance.file));
    }
    const exit: ExitReport = { ...instance.target, ...(exitCode === undefined ? { exitCode: guessedExitCode, guessed: true } : { exitCode: instance.exitCodeOf(exitCode) }), oomKilled, at };
    this.#record(instance, exit);
    if (!isContainer) void instance.endAttachments(attachmentPatienceMs);
    instance.closeStreams();
  }

  #record(instance: Instance, exit: ExitReport): void {
    const path = join(targetPath(this.#run, instance.target), fileNames.exit);
    try {
      writeFileSync(`${path}.tmp`, JSON.stringify(exit), { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    } catch (error) {
      this.#log.error('cannot record an exit on disk', { ...instance.target, error: messageOf(error) });
    }
    instance.exit = exit;
    this.#report(exit);
  }

  #openLog(file: InstanceFile): LogWriter | undefined {
    if (file.log === undefined) return undefined;
    return new LogWriter(file.log, (error) => this.#log.error('cannot write a container log', { ...file.target, error: messageOf(error) }));
  }

  #takeWaiting(target: Target): Waiting[] {
    const waiting = this.#waiting.get(targetKey(target));
    this.#waiting.delete(targetKey(target));
    return [...(waiting ?? [])];
  }

  /** @throws conflict */
  #running(target: Target): Instance {
    checkTarget(target);
    const instance = this.#instances.get(targetKey(target));
    if (instance === undefined || instance.exit !== undefined) throw notRunning(target);
    return instance;
  }
}

function notRunning(target: Target): GantryError {
  return new GantryError('conflict', target.execId === undefined ? `container ${target.id} is not running` : `exec ${target.execId} is not running`);
}
