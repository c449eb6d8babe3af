import { performServerHandshake, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { GantryError } from '../../../base/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Handler } from '../http/router.ts';
import { takeSocket } from '../streams/hijack.ts';

/** gRPC's code for what a server does not implement: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const unimplemented = '12';
const refusal = 'not supported by this engine: building images';
/** BuildKit's calls that ask for, or take away, what was built: nothing was. They answer with a stream or a message, which is empty. */
const answeredWithNothing: Readonly<Record<string, Buffer>> = {
  '/moby.buildkit.v1.Control/Prune': Buffer.alloc(0),
  '/moby.buildkit.v1.Control/DiskUsage': Buffer.alloc(5),
};

/**
 * `POST /grpc`, where BuildKit is served: each call is refused in gRPC. buildx takes an engine without this path for one that wants
 * BuildKit in a container, and its users would read of an image that cannot be pulled, not of what is missing.
 */
export const refuseGrpc: Handler = (exchange) => {
  if (exchange.upgrade?.protocol !== 'h2c') throw new GantryError('notImplemented', `${refusal} (POST /grpc)`);
  const session = performServerHandshake(upgraded(exchange));
  session.on('error', () => session.destroy());
  session.on('stream', (stream: ServerHttp2Stream, headers) => answer(stream, String(headers[':path'])));
  closeWithSocket(session);
};

function upgraded(exchange: Exchange): Duplex {
  const socket = takeSocket(exchange);
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  return socket;
}

function answer(stream: ServerHttp2Stream, path: string): void {
  stream.on('error', () => stream.destroy());
  const nothing = answeredWithNothing[path];
  const headers = { ':status': 200, 'content-type': 'application/grpc' };
  if (nothing === undefined) {
    stream.respond({ ...headers, 'grpc-status': unimplemented, 'grpc-message': refusal }, { endStream: true });
    return;
  }
  stream.respond(headers, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(nothing);
}

/** The client ends the connection when it has read enough. */
function closeWithSocket(session: Http2Session): void {
  session.socket.once('end', () => session.close());
}
