import { createServer, type IncomingMessage, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

export interface Recorded { method: string; path: string; query: string; body: unknown }

/** A fake engine on a unix socket that answers enough for a client to go on, and keeps what it was asked. */
export class RecordingEngine implements AsyncDisposable {
  readonly requests: Recorded[] = [];
  readonly host: string;
  readonly #directory: string;
  readonly #server: Server;

  private constructor(directory: string, server: Server) {
    this.#directory = directory;
    this.#server = server;
    this.host = `unix://${join(directory, 'engine.sock')}`;
  }

  static async open(): Promise<RecordingEngine> {
    const directory = await mkdtemp(join(tmpdir(), 'gantry-recording-'));
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { path } = engine.#record(request, Buffer.concat(parts));
        response.setHeader('Api-Version', '1.50');
        response.setHeader('Ostype', 'linux');
        response.setHeader('Content-Type', 'application/json');
        if (path.endsWith('/archive')) response.setHeader('X-Docker-Container-Path-Stat', Buffer.from(JSON.stringify({ name: 'a', size: 0, mode: 0o644, mtime: '2020-01-01T00:00:00Z', linkTarget: '' })).toString('base64'));
        const { status, body } = answer(request.method ?? '', path);
        response.writeHead(status);
        response.end(body === undefined ? undefined : JSON.stringify(body));
      });
    });
    // A stream that ends at once, as of a container without output.
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
      const length = Number(request.headers['content-length'] ?? 0);
      const body = (taken: Buffer): void => {
        engine.#record(request, taken.subarray(0, length));
        socket.end('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      };
      const take = (taken: Buffer): void => {
        if (taken.length >= length) body(taken);
        else socket.once('data', (more: Buffer) => take(Buffer.concat([taken, more])));
      };
      socket.on('error', () => undefined);
      take(head);
    });
    const engine = new RecordingEngine(directory, server);
    await new Promise<void>((resolve) => { server.listen(join(directory, 'engine.sock'), resolve); });
    return engine;
  }

  #record(request: IncomingMessage, body: Buffer): { path: string } {
    const url = new URL(request.url ?? '/', 'http://engine');
    const path = url.pathname.replace(/^\/v[\d.]+/, '');
    const text = body.toString('utf8');
    if (path !== '/_ping') this.requests.push({ method: request.method ?? '', path, query: decodeURIComponent(url.search), body: text.startsWith('{') ? JSON.parse(text) : text });
    return { path };
  }

  take(): Recorded[] {
    return this.requests.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
    await rm(this.#directory, { recursive: true, force: true });
  }
}

const id = 'f'.repeat(64);

function answer(method: string, path: string): { status: number; body?: unknown } {
  if (path === '/_ping') return { status: 200, body: 'OK' };
  const known = knownAnswer(method, path);
  if (known !== undefined) return { status: 200, body: known };
  if (method === 'POST' && path.endsWith('/exec')) return { status: 201, body: { Id: id } };
  if (path.endsWith('/create')) return { status: 201, body: { Id: id, Name: 'made', Warnings: [] } };
  if (path.endsWith('/prune')) return { status: 200, body: { SpaceReclaimed: 0 } };
  if (path === '/volumes') return { status: 200, body: { Volumes: [] } };
  if (path.endsWith('/update')) return { status: 200, body: { Warnings: [] } };
  if (path.endsWith('/wait')) return { status: 200, body: { StatusCode: 0 } };
  if (path === '/info') return { status: 200, body: { OSType: 'linux', Swarm: { LocalNodeState: 'inactive' } } };
  if (method === 'POST' && path === '/commit') return { status: 201, body: { Id: `sha256:${id}` } };
  if (method === 'GET' && /\/json$|^\/networks$/.test(path)) return { status: 200, body: [] };
  if (method === 'DELETE' && path.startsWith('/images/')) return { status: 200, body: [] };
  return { status: 204 };
}

/** What one reads that is there. */
function knownAnswer(method: string, path: string): unknown {
  if (method === 'POST' && path === '/build/prune') return { CachesDeleted: [], SpaceReclaimed: 0 };
  if (method !== 'GET') return undefined;
  if (/^\/containers\/[^/]+\/json$/.test(path)) return { Id: id, Name: '/web', State: { Running: true, Status: 'running', ExitCode: 0 }, Config: { Tty: false, OpenStdin: false }, HostConfig: { AutoRemove: false }, NetworkSettings: { Ports: {} } };
  if (path === `/exec/${id}/json`) return { ID: id, Running: false, ExitCode: 0 };
  if (/^\/containers\/[^/]+\/top$/.test(path)) return { Titles: ['PID'], Processes: [['1']] };
  if (/^\/containers\/[^/]+\/changes$/.test(path)) return [];
  if (/^\/containers\/[^/]+\/stats$/.test(path)) return { id, name: '/web' };
  if (path === '/images/search') return [];
  if (/^\/(plugins\/[^/]+\/json|nodes\/[^/]+)$/.test(path)) return { Id: id };
  if (path === '/version') return { Version: '1', ApiVersion: '1.50', Os: 'linux', Arch: 'amd64', Components: [] };
  if (path === '/system/df') return { LayersSize: 0, Images: [], Containers: [], Volumes: [], BuildCache: [] };
  if (/^\/images\/.+\/history$/.test(path)) return [];
  if (/^\/images\/(.+)\/json$/.test(path)) return { Id: `sha256:${id}`, RepoTags: ['a:latest'] };
  if (/^\/(networks|volumes)\/[^/]+$/.test(path)) return { Name: 'back', Id: id, Driver: 'bridge' };
  return undefined;
}
