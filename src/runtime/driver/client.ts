import { existsSync, mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { errnoOf, GantryError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { spawnDetached, type Detached } from '../../host/processes-detached.ts';
import { logPath, socketPath } from '../monitor/paths.ts';
import { protocolVersion, targetKey, type Operation, type Operations } from '../monitor/protocol.ts';
import { attachmentStream } from './attachment.ts';
import { ControlConnection, greet, MonitorLost } from './connection.ts';
import { ExitWitness } from './exit-witness.ts';
import { StdinKeeper } from './stdin-keeper.ts';
import type { AttachRequest, Attachment, ExecRequest, ExitReport, MonitorEntry, Runtime, StartRequest, Target } from './runtime.ts';

export interface RuntimeOptions {
  /** Of this instance of the engine, such as `/run/gantry`. */
  runDirectory: string;
  log: Log;
  /** Program and arguments before the run directory; default: this Node with the monitor beside this file. */
  monitorCommand?: string[];
}

const connectAttempts = 1200;
const connectPauseMs = 25;
/** Before another monitor is started in the place of one that ended at once. */
const spawnPauseMs = 300;

/** Connects to the instance's monitor, and starts one when none answers, then and whenever it is lost. */
export function createRuntime(options: RuntimeOptions): Runtime {
  return new MonitorClient(options);
}

class MonitorClient implements Runtime {
  readonly #options: RuntimeOptions;
  readonly #listeners = new Set<(exit: ExitReport) => void>();
  /** Unreleased exits of the current monitor, told to late listeners. */
  readonly #exits = new Map<string, ExitReport>();
  #connection: Promise<ControlConnection> | undefined;
  readonly #witness = new ExitWitness();
  readonly #stdin: StdinKeeper;
  #closed = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#stdin = new StdinKeeper(options.runDirectory);
  }

  async start(request: StartRequest): Promise<{ pid: number }> {
    this.#exits.delete(request.id);
    const started = await this.#watched({ id: request.id }, this.#started('start', request));
    if (request.openStdin && !this.#exits.has(request.id)) this.#stdin.keep(request.id);
    return started;
  }

  exec(request: ExecRequest): Promise<{ pid: number }> {
    return this.#watched({ id: request.id, execId: request.execId }, this.#started('exec', request));
  }

  async attach(target: Target, request: AttachRequest): Promise<Attachment> {
    const control = await this.#connected();
    const path = socketPath(this.#options.runDirectory);
    const { socket, answer, rest } = await greet(path, { version: protocolVersion, kind: 'attach', target, request });
    const finished = (): Promise<void> => (target.execId === undefined ? Promise.resolve() : this.#exited(target));
    const destroyed = (): void => void control.call('detach', answer.attachment ?? 0).catch(() => undefined);
    return { stream: attachmentStream(socket, rest.rest(), { finished, destroyed }), tty: answer.tty ?? request.tty ?? false, ...(answer.tty === undefined ? { waits: true } : {}), ...(answer.logEnd === undefined ? {} : { logEnd: answer.logEnd }) };
  }

  async resize(target: Target, size: { rows: number; columns: number }): Promise<void> {
    await this.#call('resize', { target, size });
  }

  async signal(target: Target, signal: number): Promise<void> {
    await this.#call('signal', { target, signal });
  }

  async closeStdin(target: Target): Promise<void> {
    await this.#call('closeStdin', target);
    if (target.execId === undefined) this.#stdin.release(target.id);
  }

  async list(): Promise<MonitorEntry[]> {
    const entries = await this.#call('list', null);
    for (const entry of entries) {
      if (entry.exit !== undefined || this.#exits.has(targetKey(entry))) continue;
      this.#witness.watch(entry, entry.pid);
      if (entry.execId === undefined) this.#stdin.keep(entry.id);
    }
    return entries;
  }

  async release(target: Target): Promise<void> {
    await this.#call('release', target);
    this.#exits.delete(targetKey(target));
    if (target.execId !== undefined) return;
    for (const key of this.#exits.keys()) if (key.startsWith(`${target.id}/`)) this.#exits.delete(key);
  }

  onExit(listener: (exit: ExitReport) => void): () => void {
    this.#listeners.add(listener);
    for (const exit of this.#exits.values()) listener(exit);
    this.#connected().catch((error: unknown) => this.#options.log.error('no monitor', { error: messageOf(error) }));
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
    this.#witness.close();
    this.#stdin.close();
  }

  /** What has ended before its start was answered needs no witness. */
  async #watched(target: Target, started: Promise<{ pid: number }>): Promise<{ pid: number }> {
    const { pid } = await started;
    if (!this.#exits.has(targetKey(target))) this.#witness.watch(target, pid);
    return { pid };
  }

  /** What a monitor has started and could not answer any more, the next one has taken over. @throws what the monitor answers, unavailable when it was lost before that */
  async #started<O extends 'start' | 'exec'>(operation: O, request: Operations[O]['input']): Promise<{ pid: number }> {
    try {
      return await this.#call(operation, request);
    } catch (error) {
      if (!(error instanceof MonitorLost)) throw error;
      const key = targetKey('execId' in request ? { id: request.id, execId: request.execId } : { id: request.id });
      const entry = (await this.#call('list', null)).find((each) => targetKey(each) === key);
      if (entry === undefined || entry.pid === 0) throw error;
      return { pid: entry.pid };
    }
  }

  /** The next monitor is asked what the last one did not answer. @throws unavailable where doing it twice could do harm */
  async #call<O extends Operation>(operation: O, input: Operations[O]['input']): Promise<Operations[O]['output']> {
    const connection = await this.#connected();
    try {
      return await connection.call(operation, input);
    } catch (error) {
      if (!(error instanceof MonitorLost) || (error.asked && !isRepeatable(operation, input))) throw error;
      await connection.closed;
      return (await this.#connected()).call(operation, input);
    }
  }

  #connected(): Promise<ControlConnection> {
    if (this.#closed) return Promise.reject(new GantryError('unavailable', 'the runtime client is closed'));
    this.#connection ??= this.#connect().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  /** The monitor may end between our look and our connect, or another daemon's start may win: so, try again. */
  async #connect(): Promise<ControlConnection> {
    const path = socketPath(this.#options.runDirectory);
    let spawned: Detached | undefined;
    for (let attempt = 0; ; attempt++) {
      try {
        const connection = await ControlConnection.open(path, (exit) => this.#exit(exit));
        void connection.closed.then(() => this.#lost());
        return connection;
      } catch (error) {
        const code = errnoOf(error) ?? errnoOf((error as Error).cause);
        if (!['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code ?? '')) throw error;
        if (attempt >= connectAttempts) throw new GantryError('unavailable', `the monitor does not answer at ${path}`, { cause: error, hint: `Its log is ${logPath(this.#options.runDirectory)}.` });
        // One that ended at once met the lock of a dying one; one that is slow gets its time.
        if (spawned === undefined || spawned.hasEnded()) spawned = await this.#spawnMonitor();
        await new Promise((resolve) => setTimeout(resolve, spawned?.hasEnded() === true ? spawnPauseMs : connectPauseMs));
      }
    }
  }

  async #spawnMonitor(): Promise<Detached> {
    const run = this.#options.runDirectory;
    mkdirSync(run, { recursive: true, mode: 0o700 });
    const command = [...(this.#options.monitorCommand ?? defaultMonitorCommand()), run];
    const monitor = await spawnDetached({ command, logFile: logPath(run) });
    this.#options.log.debug('started a monitor', { command: command.join(' ') });
    return monitor;
  }

  #lost(): void {
    this.#connection = undefined;
    if (this.#closed) return;
    this.#options.log.warn('lost the monitor: connecting again');
    this.#connected().catch((error: unknown) => this.#options.log.error('no monitor', { error: messageOf(error) }));
  }

  #exit(report: ExitReport): void {
    const key = targetKey(report);
    if (report.execId === undefined) this.#stdin.release(report.id);
    const known = this.#exits.get(key);
    // Told again by the next monitor, it would be a guess again.
    const exit = known?.at === report.at ? known : this.#witness.testify(report);
    this.#exits.set(key, exit);
    if (known?.at !== exit.at) for (const listener of this.#listeners) listener(exit);
  }

  /**
   * Resolves when the exit is known that ended a stream, or when the process runs on, or never ran. The monitor tells an exit before it ends the
   * streams, but over another connection: whatever it answers there now comes behind the exit. Signal 0 does nothing.
   */
  async #exited(target: Target): Promise<void> {
    if (this.#exits.has(targetKey(target)) || this.#closed) return;
    await this.#call('signal', { target, signal: 0 }).catch(() => undefined);
  }
}

function isRepeatable<O extends Operation>(operation: O, input: Operations[O]['input']): boolean {
  if (operation === 'signal') return [0, constants.signals.SIGKILL].includes((input as Operations['signal']['input']).signal);
  return operation !== 'start' && operation !== 'exec';
}

/** Bundled, the monitor is a file beside the daemon's; in the source tree it is a launcher in `bin`. */
function defaultMonitorCommand(): string[] {
  const bundled = fileURLToPath(new URL('./monitor.js', import.meta.url));
  const source = fileURLToPath(new URL('../../bin/monitor.ts', import.meta.url));
  return [process.execPath, existsSync(bundled) ? bundled : source];
}
