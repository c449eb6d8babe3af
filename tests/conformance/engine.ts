import { request as httpRequest, type IncomingMessage } from 'node:http';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { compareVersions } from '../../src/api/types/version.ts';

/** What came back: the whole body, and its JSON when it is some. */
export interface Answer { status: number; headers: IncomingMessage['headers']; text: string; json: any }

export interface Expected {
  /** One status, or several when engines differ: the first is today's Docker's and ours, the others are older ones'. */
  status: number | readonly number[];
  /** The whole of `message`, or a pattern for it. */
  message?: string | RegExp;
}

export interface Call { query?: Record<string, string | number | boolean>; body?: unknown; raw?: Buffer; headers?: Record<string, string> }

/**
 * An engine behind a unix socket, Docker's or Gantry's: the suites beside this file say what both answer.
 * `version` is the API version that requests name; 1.41 is what Debian's docker.io 20.10 speaks.
 */
export class Engine {
  readonly socketPath: string;
  readonly image: string;
  readonly version: string;
  /** Gantry, held to the newest behaviour; otherwise a peer. */
  readonly ours: boolean;
  readonly #made: string[];

  constructor(options: { socketPath: string; image: string; ours: boolean; version?: string; made?: string[] }) {
    this.socketPath = options.socketPath;
    this.image = options.image;
    this.ours = options.ours;
    this.version = options.version ?? '1.41';
    this.#made = options.made ?? [];
  }

  /** The same engine, asked in another version; what it makes is removed by `clean` of either. Undefined when it does not speak that version. */
  async at(version: string): Promise<Engine | undefined> {
    const { ApiVersion } = (await this.call('GET', '/version')).json;
    if (compareVersions(ApiVersion, version) < 0) return undefined;
    return new Engine({ socketPath: this.socketPath, image: this.image, ours: this.ours, version, made: this.#made });
  }

  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const response = await this.open(method, path, call);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) };
  }

  /** The response as soon as its headers are there. */
  open(method: string, path: string, { query = {}, body, raw, headers = {} }: Call = {}): Promise<IncomingMessage> {
    const search = searchOf(query);
    const payload = raw ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
    const type = raw !== undefined ? 'application/x-tar' : 'application/json';
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = httpRequest({
      socketPath: this.socketPath, method, path: `/v${this.version}${path}${search === '' ? '' : `?${search}`}`,
      headers: payload === undefined ? headers : { 'Content-Type': type, 'Content-Length': payload.length, ...headers },
    }, resolve);
    request.on('error', reject);
    request.end(payload);
    return promise;
  }

  /** A hijacked connection: what the container writes comes as frames, or raw with a tty. */
  hijack(path: string, { query = {}, body }: Call = {}): Promise<{ socket: Socket; head: Buffer; status: number; headers: IncomingMessage['headers'] }> {
    const search = searchOf(query);
    const payload = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    const { promise, resolve, reject } = Promise.withResolvers<{ socket: Socket; head: Buffer; status: number; headers: IncomingMessage['headers'] }>();
    const request = httpRequest({
      socketPath: this.socketPath, method: 'POST', path: `/v${this.version}${path}?${search}`,
      headers: { Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Type': 'application/json', 'Content-Length': payload.length },
    });
    request.on('upgrade', (response, socket, head) => resolve({ socket: socket as Socket, head, status: response.statusCode ?? 0, headers: response.headers }));
    request.on('response', (response) => reject(new Error(`no upgrade: ${response.statusCode}`)));
    request.on('error', reject);
    request.end(payload);
    return promise;
  }

  /** Asserts status and message; returns the answer. */
  async expect(method: string, path: string, call: Call & Expected): Promise<Answer> {
    const answer = await this.call(method, path, call);
    const said = `${method} ${path} answered ${answer.status} ${answer.text.slice(0, 300)}`;
    const allowed = typeof call.status === 'number' ? [call.status] : this.ours ? call.status.slice(0, 1) : call.status;
    assert.ok(allowed.includes(answer.status), `${said}, not ${allowed.join(' or ')}`);
    if (typeof call.message === 'string') assert.equal(answer.json?.message, call.message, said);
    if (call.message instanceof RegExp) assert.match(answer.json?.message ?? '', call.message, said);
    return answer;
  }

  /** A case that is one question: only its status and message matter. */
  async answers(method: string, path: string, call: Call & Expected): Promise<void> {
    await this.expect(method, path, call);
  }

  /** A new container, removed by `clean`. */
  async create(config: Record<string, unknown> = {}, name = `conf-${randomBytes(6).toString('hex')}`): Promise<string> {
    const body = { Image: this.image, Cmd: ['sh', '-c', 'exec sleep 1000'], ...config };
    const { json } = await this.expect('POST', '/containers/create', { query: { name }, body, status: 201 });
    this.#made.push(json.Id);
    return json.Id;
  }

  async run(config: Record<string, unknown> = {}): Promise<string> {
    const id = await this.create(config);
    await this.expect('POST', `/containers/${id}/start`, { status: 204 });
    return id;
  }

  /** Runs to the end and tells how: the exit code, and what was written. */
  async finished(config: Record<string, unknown>): Promise<{ id: string; exitCode: number; stdout: string; stderr: string }> {
    const id = await this.run(config);
    const { json } = await this.expect('POST', `/containers/${id}/wait`, { status: 200 });
    return { id, exitCode: json.StatusCode, ...await this.output(id) };
  }

  async output(id: string): Promise<{ stdout: string; stderr: string }> {
    const response = await this.open('GET', `/containers/${id}/logs`, { query: { stdout: 1, stderr: 1 } });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return demultiplex(Buffer.concat(chunks));
  }

  /** Waits until the container has written `text` to stdout. */
  async logged(id: string, text: string): Promise<void> {
    const response = await this.open('GET', `/containers/${id}/logs`, { query: { stdout: 1, follow: 1 } });
    const chunks: Buffer[] = [];
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      if (demultiplex(Buffer.concat(chunks)).stdout.includes(text)) return;
    }
    assert.fail(`${id} ended and never wrote ${JSON.stringify(text)}`);
  }

  async inspect(id: string): Promise<any> {
    return (await this.expect('GET', `/containers/${id}/json`, { status: 200 })).json;
  }

  async clean(): Promise<void> {
    for (const id of this.#made.splice(0)) await this.call('DELETE', `/containers/${id}`, { query: { force: 1, v: 1 } });
  }
}

/** Splits Docker's frames (`[stream,0,0,0,length]`) into the two streams. */
export function demultiplex(bytes: Buffer): { stdout: string; stderr: string } {
  const parts: Record<number, Buffer[]> = { 1: [], 2: [] };
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at + 4);
    (parts[bytes[at]!] ??= []).push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { stdout: Buffer.concat(parts[1]!).toString(), stderr: Buffer.concat(parts[2]!).toString() };
}

function searchOf(query: Record<string, string | number | boolean>): string {
  return new URLSearchParams(Object.entries(query).map(([key, value]): [string, string] => [key, String(value)])).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
