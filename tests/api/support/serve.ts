import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { silentLog } from '../../../src/base/log.ts';
import { createApiServer } from '../../../src/api/server/create-server.ts';
import type { EngineFacts, Services } from '../../../src/api/server/services.ts';

/** The verbs a test needs; any other one fails the request with a 500, and so the test. */
export type PartialServices = { [Noun in keyof Services]?: Partial<Services[Noun]> };

const facts: EngineFacts = {
  version: '0.1.0',
  storageDriver: 'overlay2',
  defaultRuntime: 'crun',
  defaultCgroupnsMode: 'host',
  cgroupVersion: 1,
  containerDirectory: (id) => `/var/lib/gantry/containers/${id}`,
  layerDirectories: () => undefined,
};

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it expects of it, and fails where it is not so
  json: any;
}

export interface TestServer extends AsyncDisposable {
  socketPath: string;
  call(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  /** A bare connection, for what an HTTP client would not do. */
  dial(): Promise<Socket>;
  /** Ends the serving as the daemon's shutdown does. */
  close(graceMs: number): Promise<void>;
}

/** Serves the API on a unix socket in a directory of its own; `kind` chooses the rules of a listener, not the transport. */
export async function serve(services: PartialServices, kind: 'unix' | 'tcp' = 'unix'): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-api-'));
  const socketPath = join(directory, 'api.sock');
  const api = createApiServer({ log: silentLog, facts, ...services } as Services);
  const listener = createServer();
  api.serve(listener, { kind });
  listener.listen(socketPath);
  await once(listener, 'listening');
  return {
    socketPath,
    call: (method, path, options = {}) => call(socketPath, { method, path, ...options }),
    async dial() {
      const socket = connect({ path: socketPath, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    },
    close: (graceMs) => api.close(graceMs),
    async [Symbol.asyncDispose]() {
      listener.close();
      await api.close(0);
      await rm(directory, { recursive: true });
    },
  };
}

interface Call { method: string; path: string; body?: unknown; headers?: Record<string, string> }

async function call(socketPath: string, { method, path, body, headers = {} }: Call): Promise<Answer> {
  const request = httpRequest({ socketPath, method, path, headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers } });
  request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = await once(request, 'response') as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const isJson = response.headers['content-type'] === 'application/json' && text !== '';
  return { status: response.statusCode!, headers: response.headers, text, json: isJson ? tryParse(text) : undefined };
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
