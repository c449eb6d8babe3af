import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { request, type Answer } from './http.ts';
import { endProcessesOf, removeMonitorCgroups, unmountBelow } from './undo.ts';

const repository = join(import.meta.dirname, '../..');
/** For its start, and for its end. Emulated processors in the virtual machine are twenty times slower. */
const patienceMs = process.env['GANTRY_IN_VM'] === undefined ? 100_000 : 200_000;

export interface DaemonOptions {
  /** More arguments of `gantry daemon`. */
  args?: string[];
  env?: Record<string, string>;
  /** A program, with its arguments, that starts the daemon instead: in a namespace of its own, say. */
  within?: [program: string, ...args: string[]];
}

/** The program under test: the bundle in `npm test`, the sources when a test file is run by hand. */
export function gantryProgram(): [program: string, ...args: string[]] {
  return [process.execPath, '--', join(repository, (process.env['GANTRY_TEST_DIST'] ?? '') === '' ? 'src/bin/gantry.ts' : 'dist/gantry.js')];
}

/**
 * A daemon of its own: temporary root, run folder and socket, so that many run side by side. `await using` or `stop()` removes its containers,
 * ends it, and takes away everything it made; what a clean end should not have left makes `stop()` fail.
 */
export async function startDaemon(options: DaemonOptions = {}): Promise<TestDaemon> {
  return await startDaemonIn(mkdtempSync(join(tmpdir(), 'gantry-test-')), options);
}

/** In a folder that is there, and goes with the daemon. */
export async function startDaemonIn(folder: string, options: DaemonOptions = {}): Promise<TestDaemon> {
  const daemon = new TestDaemon(folder, options);
  try {
    await daemon.start();
  } catch (error) {
    await daemon.destroy();
    throw error;
  }
  return daemon;
}

export class TestDaemon implements AsyncDisposable {
  readonly folder: string;
  readonly root: string;
  readonly runFolder: string;
  readonly socketPath: string;
  readonly logPath: string;
  readonly #options: DaemonOptions;
  #child: ChildProcess | undefined;

  constructor(folder: string, options: DaemonOptions) {
    this.folder = folder;
    this.root = join(folder, 'root');
    this.runFolder = join(folder, 'run');
    this.socketPath = join(folder, 'gantry.sock');
    this.logPath = join(folder, 'daemon.log');
    this.#options = options;
  }

  get host(): string {
    return `unix://${this.socketPath}`;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the daemon is not running');
    return this.#child.pid;
  }

  /** The daemon's own process, where another program has started it. */
  get enginePid(): number {
    if (this.#options.within === undefined) return this.pid;
    return Number(readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim());
  }

  get log(): string {
    return readFileSync(this.logPath, 'utf8');
  }

  /** Starts it (again) on the same folders and waits until it answers. */
  async start(): Promise<void> {
    const [program, ...args] = [...this.#options.within ?? [], ...gantryProgram()] as [string, ...string[]];
    const log = openSync(this.logPath, 'a');
    const child = spawn(program, [
      ...args, 'daemon', '--root', this.root, '--run', this.runFolder, '--host', this.host, ...(this.#options.args ?? []),
    ], { stdio: ['ignore', log, log], cwd: '/', env: { ...withoutTestContext(), ...this.#options.env } });
    closeSync(log);
    this.#child = child;
    const deadline = performance.now() + patienceMs;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the daemon ended at its start:\n${this.log}`);
      if (performance.now() > deadline) throw new Error(`the daemon does not answer:\n${this.log}`);
      await setTimeout(20);
    }
  }

  async #answers(): Promise<boolean> {
    return await request(this.socketPath, 'GET', '/_ping').then((answer) => answer.status === 200, () => false);
  }

  /** SIGKILL, as a crash: nothing is tidied up. Containers must not notice. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** A clean end that leaves containers running. */
  async shutDown(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async restart(): Promise<void> {
    await this.shutDown();
    await this.start();
  }

  async crashAndRestart(): Promise<void> {
    await this.crash();
    await this.start();
  }

  async request(method: string, path: string, body?: unknown): Promise<Answer> {
    return await request(this.socketPath, method, path, body);
  }

  /** Removes all containers, ends the daemon, removes its traces. */
  async stop(): Promise<void> {
    try {
      if (this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) await this.start();
      await this.#removeContainers();
      await this.shutDown();
    } finally {
      await this.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #removeContainers(): Promise<void> {
    const { json } = await this.request('GET', '/containers/json?all=1');
    for (const { Id } of json as { Id: string }[]) {
      const { status, text } = await this.request('DELETE', `/containers/${Id}?force=1&v=1`);
      if (status >= 400 && status !== 404) throw new Error(`cannot remove container ${Id}: ${text}`);
    }
  }

  /** The rough way, whatever state things are in. */
  async destroy(): Promise<void> {
    await this.#end('SIGKILL');
    const processes = await endProcessesOf(this.folder);
    const mounts = unmountBelow(this.folder);
    // A monitor that goes with its pid namespace has no time to take its cgroup away.
    if (this.#options.within !== undefined) await removeMonitorCgroups(this.runFolder);
    const log = this.#readLog();
    rmSync(this.folder, { recursive: true, force: true });
    if (processes.length + mounts.length > 0) {
      throw new Error(`left behind by the daemon: ${[...processes, ...mounts].join('; ')}\nits log:\n${log}`);
    }
  }

  #readLog(): string {
    try {
      return this.log.split('\n').slice(-40).join('\n');
    } catch {
      return '';
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (signal === 'SIGTERM') process.kill(this.enginePid, signal);
    else child.kill(signal);
    this.#child = undefined;
    const late = new AbortController();
    const outcome = await Promise.race([ended.then(() => 'ended'), setTimeout(patienceMs, 'late', { signal: late.signal })]);
    late.abort();
    if (outcome === 'ended') return;
    child.kill('SIGKILL');
    await ended;
    throw new Error(`the daemon did not end ${patienceMs / 1000} s after ${signal}:\n${this.#readLog()}`);
  }
}

/** A child of a test is no test. */
export function withoutTestContext(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return env;
}
