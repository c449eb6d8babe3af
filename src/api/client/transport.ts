import type { Duplex } from 'node:stream';
import { errnoOf, GantryError, messageOf, type ErrorKind } from '../../base/errors.ts';
import { socketText } from '../../base/socket-text.ts';
import { maxApiVersion, minApiVersion, compareVersions } from '../types/version.ts';
import type { Address } from './address.ts';
import { dial, type TlsOptions } from './dial.ts';
import { exchange, upgrade, type Request, type Response } from './http1.ts';

export interface TransportOptions {
  address: Address;
  /** The address as the person wrote it, for messages. */
  shownAddress: string;
  /** Fixes the version; otherwise the newest common one is found. */
  apiVersion?: string;
  tls?: TlsOptions;
  headers?: Record<string, string>;
  /** What aborts calls that name no signal of their own. */
  signal?: () => AbortSignal | undefined;
  /** Called once when nothing answers; true means it is worth another try. */
  onUnreachable?: () => Promise<boolean>;
}

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

export interface Call {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** Undefined values are left out, arrays are repeated. */
  query?: Query;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  body?: AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
}

/** An answer of 400 or more: the message is the daemon's. */
export class DaemonError extends GantryError {
  readonly status: number;
  constructor(status: number, message: string) {
    super(kindOf(status), message);
    this.status = status;
  }
}

function kindOf(status: number): ErrorKind {
  const kinds: Record<number, ErrorKind> = { 400: 'invalid', 401: 'unauthorized', 403: 'forbidden', 404: 'notFound', 409: 'conflict', 501: 'notImplemented', 503: 'unavailable' };
  return kinds[status] ?? 'internal';
}

/** A connection that comes too late is closed. */
async function unlessAborted(dialling: Promise<Duplex>, signal: AbortSignal | undefined): Promise<Duplex> {
  if (signal === undefined) return dialling;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    dialling.then((late) => late.destroy(), () => undefined);
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([dialling, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Calls an engine's HTTP API. Every method rejects with GantryError: `unavailable` when nothing answers, DaemonError for refusals. */
export class Transport {
  readonly #options: TransportOptions;
  #version: string;
  #triedToReach = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#version = options.apiVersion ?? maxApiVersion;
  }

  /** The version in use; final after the first answer. */
  get apiVersion(): string {
    return this.#version;
  }

  /** Resolves when the head of the answer is there; the body streams. */
  async send(call: Call): Promise<Response> {
    const signal = call.signal ?? this.#options.signal?.();
    return this.#negotiated(call, async () => {
      const stream = await this.connect(signal);
      return this.#guarded(stream, exchange(stream, this.#request(call)), signal);
    });
  }

  async json<T>(call: Call): Promise<T> {
    const response = await this.send(call);
    const text = await textOf(response);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** For answers without a body that matters. */
  async done(call: Call): Promise<void> {
    await textOf(await this.send(call));
  }

  /** Values of a stream of JSON objects (progress, events, stats). */
  async *objects<T>(call: Call, revive?: Reviver): AsyncGenerator<T> {
    yield* objectsOf<T>((await this.send(call)).body, revive);
  }

  /** Takes the connection over after the answer; `multiplexed` says whether frames tell stdout from stderr, when the engine says so. */
  async hijack(call: Call): Promise<{ stream: Duplex; multiplexed: boolean | undefined }> {
    const signal = call.signal ?? this.#options.signal?.();
    const answer = await this.#negotiated(call, async () => {
      const stream = await this.connect(signal);
      const request = this.#request({ ...call, method: 'POST', headers: { ...call.headers, Connection: 'Upgrade', Upgrade: 'tcp' } });
      return this.#guarded(stream, upgrade(stream, request), signal);
    });
    const type = answer.headers['content-type'] ?? '';
    const stream = (answer as { raw?: Duplex }).raw;
    if (stream === undefined) throw new GantryError('internal', `the daemon answered ${answer.status} and kept the connection`);
    return { stream, multiplexed: type.includes('multiplexed') ? true : undefined };
  }

  /** A bare connection, for `system dial-stdio`. */
  async connect(signal?: AbortSignal): Promise<Duplex> {
    signal?.throwIfAborted();
    for (;;) {
      try {
        return await unlessAborted(dial(this.#options.address, this.#options.tls), signal);
      } catch (error) {
        if (signal?.aborted === true) throw error;
        const absent = ['ENOENT', 'ECONNREFUSED'].includes(errnoOf(error) ?? '');
        if (absent && !this.#triedToReach && this.#options.onUnreachable !== undefined) {
          this.#triedToReach = true;
          if (await this.#options.onUnreachable()) continue;
        }
        throw this.#unreachable(error);
      }
    }
  }

  async #guarded<R extends Response>(stream: Duplex, answer: Promise<R>, signal: AbortSignal | undefined): Promise<R> {
    const abort = (): void => { stream.destroy(signal?.reason instanceof Error ? signal.reason : undefined); };
    signal?.addEventListener('abort', abort, { once: true });
    stream.once('close', () => signal?.removeEventListener('abort', abort));
    try {
      return await answer;
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  async #negotiated<R extends Response>(call: Call, act: () => Promise<R>): Promise<R> {
    const response = await act();
    if (response.status < 400) return response;
    const message = await messageIn(response);
    const supported = /too new\. Maximum supported API version is (\d+\.\d+)/.exec(message)?.[1];
    if (supported === undefined || this.#options.apiVersion !== undefined || compareVersions(supported, this.#version) >= 0 || compareVersions(supported, minApiVersion) < 0) {
      throw new DaemonError(response.status, message);
    }
    this.#version = supported;
    return this.#negotiated(call, act);
  }

  #request(call: Call): Request {
    const { address } = this.#options;
    const base = address.kind === 'tcp' ? address.basePath : '';
    const host = address.kind === 'tcp' ? socketText(address.host, address.port) : 'api.gantry.local';
    const headers: Record<string, string> = { Host: host, 'User-Agent': 'Gantry-Client', Connection: 'close', ...this.#options.headers, ...call.headers };
    if (call.json !== undefined) headers['Content-Type'] = 'application/json';
    const body = call.json === undefined ? call.body : JSON.stringify(call.json);
    return {
      method: call.method ?? 'GET',
      target: `${base}/v${this.#version}${call.path}${queryText(call.query)}`,
      headers,
      ...(body === undefined ? {} : { body }),
    };
  }

  #unreachable(cause: unknown): GantryError {
    const shown = this.#options.shownAddress;
    if (errnoOf(cause) === 'EACCES') {
      const path = this.#options.address.kind === 'unix' ? this.#options.address.path : shown;
      return new GantryError('forbidden', `permission denied while trying to connect to the Docker daemon socket at ${shown}`, { cause, hint: `Run the command as root, or join the group that owns ${path}.` });
    }
    if (['ENOENT', 'ECONNREFUSED'].includes(errnoOf(cause) ?? '')) {
      return new GantryError('unavailable', `Cannot connect to the Docker daemon at ${shown}. Is the docker daemon running?`, { cause });
    }
    return new GantryError('unavailable', `error during connect: ${shown}: ${messageOf(cause)}`, { cause });
  }
}

/** URLSearchParams would say it shorter; making one costs a short command a millisecond. */
function queryText(query: Query | undefined): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(item === true ? '1' : item === false ? '0' : String(item))}`);
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

export async function textOf(response: Response): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response.body) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

async function messageIn(response: Response): Promise<string> {
  const text = (await textOf(response)).trim();
  try {
    const message = (JSON.parse(text) as { message?: unknown }).message;
    if (typeof message === 'string') return message.trim();
  } catch {
    // Not JSON: a proxy or an old engine answered with plain text.
  }
  return text === '' ? `the daemon answered with status ${response.status} and no message` : text;
}

/** As JSON.parse takes it: `source` is a number's own text, which may say more than a double holds. */
export type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Splits concatenated JSON objects, with or without newlines between lines. */
export async function* objectsOf<T>(body: AsyncIterable<Buffer>, revive?: Reviver): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const chunk of body) {
    held += decoder.decode(chunk, { stream: true });
    const lines = held.split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line, revive as Parameters<typeof JSON.parse>[1]) as T;
  }
  if (held.trim() !== '') yield JSON.parse(held, revive as Parameters<typeof JSON.parse>[1]) as T;
}
