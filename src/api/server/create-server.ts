import { createServer, ServerResponse, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isGantryError, isShortage, messageOf } from '../../base/errors.ts';
import { linger, lingerAtEnd } from '../../base/linger.ts';
import { maxApiVersion } from '../types/version.ts';
import type { Services } from './services.ts';
import type { Exchange } from './http/exchange.ts';
import { signalOf } from './http/exchange.ts';
import { sendError, statusOf } from './http/errors.ts';
import { checkOrigin } from './http/origin.ts';
import { Query } from './http/query.ts';
import { checkHead } from './http/request-head.ts';
import { createRouter, type Router } from './http/router.ts';
import { checkVersion, cleanTarget, pageNotFound, parseTarget } from './http/target.ts';
import { routes } from './routes.ts';

export interface ApiServer {
  /** Serves the connections of a listener that listens already, or will: unix, tcp or tls. */
  serve(listener: NetServer, options: { kind: 'unix' | 'tcp' | 'tls'; allowedHosts?: readonly string[] }): void;
  /** Stops taking requests, lets the ones under way finish for at most `graceMs`, then cuts the connections. The listeners are the caller's to close. */
  close(graceMs: number): Promise<void>;
}

/** Upgrades that lead somewhere; on any other path an Upgrade header is ignored, as HTTP says it may be. */
const upgradePaths = /\/(?:containers\/[^/]+\/attach(?:\/ws)?|exec\/[^/]+\/start|session|grpc)(?:\?|$)/;

/** The Engine API on HTTP. It owns no listener: `daemon/listen` makes them. */
export function createApiServer(services: Services): ApiServer {
  const router = createRouter(routes);
  const sockets = new Set<Duplex>();
  const servers: HttpServer[] = [];
  let closing = false;

  const track = (socket: Duplex): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };

  return {
    serve(listener, { kind, allowedHosts = [] }) {
      const guard = kind === 'unix' ? () => undefined : (request: IncomingMessage) => checkOrigin(request, allowedHosts);
      const answer = (request: IncomingMessage, response: ServerResponse, upgrade?: Exchange['upgrade']): void => {
        // Also for an answer that began before: its headers promised a connection that stays.
        response.once('finish', () => {
          if (closing) request.socket.end();
          if (!request.complete) request.resume();
        });
        void handle({ request, response, upgrade, guard }, services, router);
      };
      const server = createHttpServer(answer);
      servers.push(server);
      listener.on(kind === 'tls' ? 'secureConnection' : 'connection', (socket: Socket) => {
        // Hijacked streams end one way at a time, whatever options the listener was made with.
        socket.allowHalfOpen = true;
        lingerAtEnd(socket);
        track(socket);
        server.emit('connection', socket);
      });
    },
    async close(graceMs) {
      closing = true;
      for (const server of servers) server.close();
      await drained(sockets, graceMs);
      for (const socket of sockets) socket.destroy();
    },
  };
}

function createHttpServer(answer: (request: IncomingMessage, response: ServerResponse, upgrade?: Exchange['upgrade']) => void): HttpServer {
  const server = createServer({
    // As Go's server.
    maxHeaderSize: 1024 * 1024,
    headersTimeout: 60_000,
    // A load or an import may take as long as its sender needs.
    requestTimeout: 0,
    // Go's keeps connections for ever; a client that comes back after this long has lost more than one.
    keepAliveTimeout: 600_000,
    highWaterMark: 64 * 1024,
    shouldUpgradeCallback: (request) => upgradePaths.test(request.url ?? ''),
  } as Parameters<typeof createServer>[0]);
  server.maxHeadersCount = 0;
  server.on('request', (request, response) => answer(request, response));
  server.on('upgrade', (request, socket, head) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    if (head.length > 0) socket.unshift(head);
    response.once('finish', () => {
      socket.end();
      linger(socket);
    });
    socket.on('error', () => socket.destroy());
    answer(request, response, { socket, protocol: String(request.headers.upgrade) });
  });
  server.on('clientError', refuseGarbage);
  // It never listens itself: this is what starts the watch over slow headers and idle connections.
  server.emit('listening');
  return server;
}

function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large', ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout' }[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`);
}

interface Incoming {
  request: IncomingMessage;
  response: ServerResponse;
  upgrade: Exchange['upgrade'];
  guard: (request: IncomingMessage) => void;
}

async function handle(incoming: Incoming, services: Services, router: Router): Promise<void> {
  const { request, response, upgrade, guard } = incoming;
  response.on('error', () => response.destroy());
  setCommonHeaders(response, services);
  try {
    checkHead(request);
    guard(request);
    const clean = cleanTarget(request.url ?? '/');
    if (clean !== undefined) return void response.writeHead(301, { Location: clean, 'Content-Length': 0 }).end();
    const target = parseTarget(request.url ?? '/');
    const match = router(request.method ?? '', target.path);
    if (match === undefined) throw pageNotFound();
    checkVersion(target.version);
    let signal: AbortSignal | undefined;
    await match.route.handler({
      request, response, upgrade,
      method: request.method ?? '',
      path: target.path,
      query: new Query(target.search),
      params: match.params,
      version: target.version,
      get signal() { return (signal ??= signalOf(response)); },
    }, services);
  } catch (error) {
    report(services, request, error);
    sendError(response, error);
  }
}

/** In HTTP/1.1 a connection stays unless one says otherwise, so nothing is said, as by Go. */
function setCommonHeaders(response: ServerResponse, services: Services): void {
  if (response.req.httpVersionMinor === 1 && response.shouldKeepAlive) response.removeHeader('Connection');
  response.setHeader('Api-Version', maxApiVersion);
  response.setHeader('Docker-Experimental', 'false');
  response.setHeader('Ostype', 'linux');
  response.setHeader('Server', `Docker/${services.facts.version} (linux)`);
}

/** The client gets the message; what nobody foresaw is written down with its stack, here alone. */
function report(services: Services, request: IncomingMessage, error: unknown): void {
  const fields = { method: request.method, path: request.url, status: statusOf(error) };
  if (isGantryError(error)) services.log.debug(error.message, fields);
  else if (isShortage(error)) services.log.warn(messageOf(error), fields);
  else services.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error), fields);
}

async function drained(sockets: ReadonlySet<Duplex>, graceMs: number): Promise<void> {
  if (sockets.size === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, graceMs);
  let open = sockets.size;
  for (const socket of sockets) socket.once('close', () => { if (--open === 0) resolve(); });
  await promise;
  clearTimeout(timer);
}
