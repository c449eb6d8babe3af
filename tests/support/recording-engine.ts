import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
        const url = new URL(request.url ?? '/', 'http://engine');
        const path = url.pathname.replace(/^\/v[\d.]+/, '');
        const text = Buffer.concat(parts).toString('utf8');
        if (path !== '/_ping') engine.requests.push({ method: request.method ?? '', path, query: decodeURIComponent(url.search), body: text.startsWith('{') ? JSON.parse(text) : text });
        response.setHeader('Api-Version', '1.50');
        response.setHeader('Ostype', 'linux');
        response.setHeader('Content-Type', 'application/json');
        const { status, body } = answer(request.method ?? '', path);
        response.writeHead(status);
        response.end(body === undefined ? undefined : JSON.stringify(body));
      });
    });
    const engine = new RecordingEngine(directory, server);
    await new Promise<void>((resolve) => { server.listen(join(directory, 'engine.sock'), resolve); });
    return engine;
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
