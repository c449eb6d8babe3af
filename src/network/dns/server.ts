import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { messageOf } from '../../base/errors.ts';
import { Relays } from '../relay/relays.ts';
import { Ears } from './ears.ts';
import { Names } from './names.ts';
import { protocolVersion, type Reply, type Request, type ServedSandbox } from './protocol.ts';
import { resolveMessage } from './resolve.ts';

interface Served { sandbox: ServedSandbox; ears: Ears }

/**
 * The process that answers at 127.0.0.11 for all containers of one instance, and passes on what comes to published ports over the other family. The
 * daemon tells it what there is; it goes on while the daemon is away.
 */
export class ResolverServer {
  readonly #names = new Names();
  readonly #served = new Map<string, Served>();
  readonly #relays = new Relays();
  readonly #server: Server;
  readonly #socketPath: string;
  readonly #ended = Promise.withResolvers<void>();

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#server = createServer((socket) => this.#listenTo(socket));
  }

  /** Resolves when it was told to end. */
  async run(): Promise<void> {
    rmSync(this.#socketPath, { force: true });
    const mask = process.umask(0o177);
    this.#server.listen(this.#socketPath);
    // The socket is bound by now. Whatever else this process makes while it waits has rights of its own.
    process.umask(mask);
    await this.#ended.promise;
    for (const id of [...this.#served.keys()]) this.#leave(id);
    this.#relays.replace([], process.pid);
    // It takes its path away before it closes: what is there a moment later is the next one's.
    this.#server.close();
  }

  #listenTo(socket: Socket): void {
    socket.on('error', () => {});
    createInterface({ input: socket }).on('error', () => {}).on('line', (line) => socket.write(`${JSON.stringify(this.#answer(line))}\n`));
  }

  #answer(line: string): Reply {
    try {
      this.#act(JSON.parse(line) as Request);
      return { ok: true };
    } catch (error) {
      return { ok: false, message: messageOf(error) };
    }
  }

  #act(request: Request): void {
    switch (request.op) {
      case 'hello':
        if (request.version !== protocolVersion) throw new Error(`this resolver speaks version ${protocolVersion}`);
        return;
      case 'state': return this.#replace(request);
      case 'put': return this.#names.put(request.endpoint);
      case 'drop': return this.#names.drop(request.network, request.endpoint);
      case 'serve': return this.#serve(request.sandbox);
      case 'leave': return this.#leave(request.id);
      case 'relay': return this.#relays.open(request.ports, request.pid);
      case 'endRelay': return this.#relays.close(request.ports);
      case 'end':
        if (this.#served.size + this.#relays.size > 0) throw new Error('containers are still served');
        setImmediate(() => this.#ended.resolve());
    }
  }

  #replace(state: Extract<Request, { op: 'state' }>): void {
    this.#names.clear();
    for (const endpoint of state.endpoints) this.#names.put(endpoint);
    const wanted = new Set(state.sandboxes.map((sandbox) => sandbox.id));
    for (const id of [...this.#served.keys()]) if (!wanted.has(id)) this.#leave(id);
    const failures: string[] = [];
    const attempt = (subject: string, act: () => void): void => {
      try {
        act();
      } catch (error) {
        failures.push(`${subject}: ${messageOf(error)}`);
      }
    };
    for (const sandbox of state.sandboxes) attempt(sandbox.id, () => this.#serve(sandbox));
    attempt('published ports', () => this.#relays.replace(state.relayed, state.pid));
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  /** A namespace that is served already keeps its sockets: only what it may see changes. */
  #serve(sandbox: ServedSandbox): void {
    const known = this.#served.get(sandbox.id);
    if (known?.sandbox.netns === sandbox.netns) {
      known.sandbox = sandbox;
      return;
    }
    known?.ears.close();
    const served = { sandbox } as Served;
    served.ears = Ears.open(sandbox.netns, (message, transport) => resolveMessage(message, { names: this.#names, view: served.sandbox.view, transport }));
    this.#served.set(sandbox.id, served);
  }

  #leave(id: string): void {
    this.#served.get(id)?.ears.close();
    this.#served.delete(id);
  }
}
