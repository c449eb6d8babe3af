import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import type { Connections } from './connections.ts';
import type { Timeouts } from './options.ts';

/** A body that can be sent again: bytes, or a way to open the stream once more. */
export type Body = Uint8Array | { sizeBytes: number; open: () => Promise<Readable> };

export interface WireRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: Body;
  signal?: AbortSignal;
  /** Who is asked, in errors; `registry` when not given. */
  party?: string;
}

export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: IncomingMessage;
  /** Where the answer came from, after redirects. */
  url: URL;
}

/** One request and its answer's header. Errors are the network's own (errno names, TLS codes, `ETIMEDOUT`). */
export type Transport = (request: WireRequest) => Promise<WireAnswer>;

export function createTransport(connections: Connections, timeouts: Timeouts): Transport {
  return async (request) => {
    request.signal?.throwIfAborted();
    const agent = await connections.agentFor(request.url);
    const open = request.url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sizeBytes = bodySize(request);
    const outgoing = open(request.url, {
      method: request.method,
      agent,
      headers: { ...request.headers, ...(sizeBytes === undefined ? {} : { 'content-length': String(sizeBytes) }) },
      timeout: timeouts.idleMs,
      signal: request.signal,
    });
    outgoing.on('timeout', () => outgoing.destroy(timedOut('the connection went silent')));
    const answer = awaitAnswer(outgoing, timeouts);
    sendBody(outgoing, request.body);
    const body = await answer;
    return { status: body.statusCode ?? 0, headers: body.headers, body, url: request.url };
  };
}

function bodySize(request: WireRequest): number | undefined {
  if (request.body === undefined) return ['POST', 'PUT', 'PATCH'].includes(request.method) ? 0 : undefined;
  return request.body instanceof Uint8Array ? request.body.byteLength : request.body.sizeBytes;
}

function awaitAnswer(outgoing: ClientRequest, timeouts: Timeouts): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    outgoing.on('finish', () => {
      timer = setTimeout(() => outgoing.destroy(timedOut('no answer came')), timeouts.headerMs);
    });
    outgoing.on('response', (body) => settle(() => resolve(body)));
    // Stays attached for the life of the request: an error after the answer belongs to the body, which reports it itself.
    outgoing.on('error', (error) => settle(() => reject(error)));
    outgoing.on('close', () => settle(() => reject(new Error('the connection was closed without an answer'))));
  });
}

function sendBody(outgoing: ClientRequest, body: Body | undefined): void {
  if (body === undefined) {
    outgoing.end();
  } else if (body instanceof Uint8Array) {
    outgoing.end(body);
  } else {
    body.open().then((stream) => {
      stream.on('error', (error) => outgoing.destroy(error));
      outgoing.on('close', () => stream.destroy());
      stream.pipe(outgoing);
    }, (error: Error) => outgoing.destroy(error));
  }
}

function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}
