import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GantryError, hasKind, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { listenOn, stopListening } from '../../host/internet-sockets.ts';
import { relayKey, type RelayedPort } from '../relay/relayed-port.ts';
import type { NamedEndpoint } from './names.ts';
import { protocolVersion, type HeldPort, type Reply, type Request, type ServedSandbox } from './protocol.ts';

/**
 * Names at 127.0.0.11, answered by a process of its own that outlives the daemon and is started when the first container needs it. The same process passes
 * on what comes to published ports from the other family.
 */
export interface Resolver {
  put(endpoint: NamedEndpoint): Promise<void>;
  drop(network: string, endpoint: string): Promise<void>;
  serve(sandbox: ServedSandbox): Promise<void>;
  leave(sandboxId: string): Promise<void>;
  /**
   * Connections queue in the sockets at once, until the process takes them: nobody waits for its start.
   * @param descriptorOf the bound socket of a port, asked for whenever the process is told of it
   */
  relay(ports: readonly RelayedPort[], descriptorOf: DescriptorOf): void;
  /** Resolves when the process has closed their sockets; never throws. */
  endRelay(ports: readonly RelayedPort[]): Promise<void>;
  /** At the start of a daemon: what there is. A resolver that runs is told; one is started only when there is something to serve. */
  restore(known: { endpoints: readonly NamedEndpoint[]; sandboxes: readonly ServedSandbox[]; relayed: readonly RelayedPort[]; descriptorOf: DescriptorOf }): Promise<void>;
  /** Lets the process go on while containers are served, else ends it. */
  close(): Promise<void>;
}

export type DescriptorOf = (port: RelayedPort) => number | undefined;

/** For a process that runs and does not listen: it hangs. One that is merely slow, on a loaded host, gets its time. */
const startLimitMs = 60_000;

export function createResolver(options: { runDirectory: string; log: Log; command?: string[] }): Resolver {
  return new ResolverClient(options);
}

class ResolverClient implements Resolver {
  readonly #socketPath: string;
  readonly #logPath: string;
  readonly #log: Log;
  readonly #command: string[];
  /** What the resolver should know, to be told again when it had to be started anew. */
  readonly #endpoints = new Map<string, NamedEndpoint>();
  readonly #sandboxes = new Map<string, ServedSandbox>();
  readonly #relayed = new Map<string, { port: RelayedPort; descriptorOf: DescriptorOf }>();
  #connection: Promise<Connection> | undefined;
  #closed = false;

  constructor(options: { runDirectory: string; log: Log; command?: string[] }) {
    this.#socketPath = join(options.runDirectory, 'resolver.sock');
    this.#logPath = join(options.runDirectory, 'resolver.log');
    this.#log = options.log;
    this.#command = options.command ?? [process.execPath, fileURLToPath(new URL('../../bin/resolver.ts', import.meta.url)), this.#socketPath];
  }

  async put(endpoint: NamedEndpoint): Promise<void> {
    this.#endpoints.set(`${endpoint.network}/${endpoint.endpoint}`, endpoint);
    await this.#tell({ op: 'put', endpoint });
  }

  async drop(network: string, endpoint: string): Promise<void> {
    if (this.#endpoints.delete(`${network}/${endpoint}`)) await this.#tell({ op: 'drop', network, endpoint });
  }

  async serve(sandbox: ServedSandbox): Promise<void> {
    this.#sandboxes.set(sandbox.id, sandbox);
    await this.#tell({ op: 'serve', sandbox });
  }

  async leave(sandboxId: string): Promise<void> {
    if (this.#sandboxes.delete(sandboxId)) await this.#tell({ op: 'leave', id: sandboxId });
  }

  relay(ports: readonly RelayedPort[], descriptorOf: DescriptorOf): void {
    if (ports.length === 0) return;
    for (const port of ports) this.#relayed.set(relayKey(port), { port, descriptorOf });
    const held = this.#held(ports);
    this.#tell({ op: 'relay', pid: process.pid, ports: held }).catch((error: unknown) => {
      this.#log.warn('published ports are reachable over one family of addresses only', { error: messageOf(error) });
      // Nobody will take what waits there. A container that has gone meanwhile has closed its sockets.
      for (const port of held) if (port.descriptor !== undefined && this.#relayed.has(relayKey(port))) refuse(port.descriptor);
    });
  }

  async endRelay(ports: readonly RelayedPort[]): Promise<void> {
    const known = ports.filter((port) => this.#relayed.delete(relayKey(port)));
    // Without the process, its sockets are closed.
    if (known.length === 0 || this.#connection === undefined) return;
    await this.#tell({ op: 'endRelay', ports: known }).catch(() => undefined);
  }

  async restore({ endpoints, sandboxes, relayed, descriptorOf }: Parameters<Resolver['restore']>[0]): Promise<void> {
    for (const endpoint of endpoints) this.#endpoints.set(`${endpoint.network}/${endpoint.endpoint}`, endpoint);
    for (const sandbox of sandboxes) this.#sandboxes.set(sandbox.id, sandbox);
    for (const port of relayed) this.#relayed.set(relayKey(port), { port, descriptorOf });
    const running = await Connection.open(this.#socketPath).catch(() => undefined);
    if (running === undefined && sandboxes.length + relayed.length === 0) return;
    running?.end();
    await this.#connected();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connection?.catch(() => undefined);
    if (connection === undefined) return;
    if (!this.#isNeeded) await connection.ask({ op: 'end' }).catch(() => undefined);
    connection.end();
  }

  get #isNeeded(): boolean {
    return this.#sandboxes.size + this.#relayed.size > 0;
  }

  #held(ports: Iterable<RelayedPort>): HeldPort[] {
    return [...ports].map((port) => {
      const descriptor = this.#relayed.get(relayKey(port))?.descriptorOf(port);
      if (descriptor === undefined) return port;
      if (port.protocol === 'tcp') listenOn(descriptor);
      return { ...port, descriptor };
    });
  }

  /** A new connection has been told everything, the change included. */
  async #tell(request: Request): Promise<void> {
    const before = this.#connection;
    const connection = await this.#connected();
    if (before === undefined) return;
    try {
      await connection.ask(request);
    } catch (error) {
      if (!hasKind(error, 'unavailable') || this.#closed) throw error;
      // The process has died under the question: the next one is told everything.
      await connection.lost;
      await this.#connected();
    }
  }

  #connected(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    const opening = this.#open();
    this.#connection = opening;
    opening.then((connection) => connection.lost.then(() => this.#lost(opening)), () => {
      if (this.#connection === opening) this.#connection = undefined;
    });
    return opening;
  }

  #lost(connection: Promise<Connection>): void {
    if (this.#connection === connection) this.#connection = undefined;
    if (this.#closed || !this.#isNeeded) return;
    this.#log.warn('the resolver is gone; starting another');
    this.#connected().catch((error: unknown) => this.#log.error('names at 127.0.0.11 do not resolve', { error: messageOf(error) }));
  }

  async #open(): Promise<Connection> {
    const running = await Connection.open(this.#socketPath).then((connection) => greeted(connection), () => undefined);
    const connection = running ?? await this.#start();
    await connection.ask({
      op: 'state', endpoints: [...this.#endpoints.values()], sandboxes: [...this.#sandboxes.values()],
      pid: process.pid, relayed: this.#held([...this.#relayed.values()].map(({ port }) => port)),
    }).catch((error: unknown) => {
      this.#log.warn('some containers have no resolver', { error: messageOf(error) });
    });
    return connection;
  }

  async #start(): Promise<Connection> {
    const [program, ...args] = this.#command as [string, ...string[]];
    const log = openSync(this.#logPath, 'a', 0o600);
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/', env: { PATH: process.env['PATH'] ?? '' } });
    closeSync(log);
    child.unref();
    let ended: string | undefined;
    child.once('error', (error) => { ended = error.message; });
    child.once('exit', (code, signal) => { ended = `it ended with ${signal ?? `exit code ${code}`}`; });
    const deadline = performance.now() + startLimitMs;
    while (ended === undefined && performance.now() < deadline) {
      const connection = await Connection.open(this.#socketPath).catch(() => undefined);
      if (connection !== undefined) return connection;
      await delay(10);
    }
    // Were it to listen later, it would take the place of the one that is started next.
    child.kill('SIGKILL');
    throw new GantryError('internal', `the resolver did not start: ${ended ?? 'it does not listen'}`, { hint: `See ${this.#logPath}.` });
  }
}

function refuse(descriptor: number): void {
  try {
    stopListening(descriptor);
  } catch {
    // UDP has nothing that waits, and a socket that never listened refuses already.
  }
}

/** The connection, when its other end speaks this version and goes on; one of another version is told to leave everything and to end. */
async function greeted(connection: Connection): Promise<Connection | undefined> {
  try {
    if (await speaksThisVersion(connection)) return connection;
    await connection.ask({ op: 'state', endpoints: [], sandboxes: [], pid: process.pid, relayed: [] });
    await connection.ask({ op: 'end' });
    await connection.lost;
  } catch (error) {
    // It was about to end, or has died: another one takes its place.
    if (!hasKind(error, 'unavailable')) throw error;
  }
  return undefined;
}

function speaksThisVersion(connection: Connection): Promise<boolean> {
  return connection.ask({ op: 'hello', version: protocolVersion }).then(() => true, (error: unknown) => {
    if (hasKind(error, 'unavailable')) throw error;
    return false;
  });
}

/** Requests in order, answers in order. */
class Connection {
  readonly lost: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting: PromiseWithResolvers<void>[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    // The interface raises the socket's errors once more; 'close' follows and says what matters.
    createInterface({ input: socket }).on('error', () => {}).on('line', (line) => {
      const reply = JSON.parse(line) as Reply;
      const waiting = this.#waiting.shift();
      if (reply.ok) waiting?.resolve();
      else waiting?.reject(new GantryError('internal', `resolver: ${reply.message}`));
    });
    this.lost = new Promise((resolve) => socket.once('close', () => {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(new GantryError('unavailable', 'the resolver is gone'));
      resolve();
    }));
  }

  static open(path: string): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => resolve(new Connection(socket)));
    return promise;
  }

  ask(request: Request): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    this.#waiting.push(waiting);
    this.#socket.write(`${JSON.stringify(request)}\n`);
    return waiting.promise;
  }

  end(): void {
    this.#socket.end();
    this.#socket.unref();
  }
}
