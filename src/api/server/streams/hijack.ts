import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { atLeast } from '../../types/version.ts';
import type { Exchange } from '../http/exchange.ts';

const rawStream = 'application/vnd.docker.raw-stream';
const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** The media type of a stream: frames have a name of their own since 1.42. */
export function streamType(exchange: Exchange, tty: boolean): string {
  return !tty && atLeast(exchange.version, '1.42') ? multiplexedStream : rawStream;
}

/**
 * Takes the connection over: after the head, both directions carry bytes and end each on its own.
 * With `Upgrade: tcp` the answer is 101, without it 200 and always a raw stream, as clients of old expect.
 */
export function hijack(exchange: Exchange, options: { tty: boolean }): Duplex {
  const head = exchange.upgrade === undefined
    ? ['HTTP/1.1 200 OK', `Content-Type: ${rawStream}`]
    : ['HTTP/1.1 101 UPGRADED', `Content-Type: ${streamType(exchange, options.tty)}`, 'Connection: Upgrade', 'Upgrade: tcp'];
  const socket = takeSocket(exchange);
  socket.write(`${[...head, ...commonHeaders(exchange)].join('\r\n')}\r\n\r\n`);
  return socket;
}

/** The socket without HTTP on it. Nothing was answered yet. */
export function takeSocket(exchange: Exchange): Duplex {
  const { response, upgrade } = exchange;
  const socket = response.socket as Socket;
  response.detachSocket(socket);
  if (upgrade === undefined) detachParser(socket);
  socket.on('error', () => socket.destroy());
  socket.setTimeout?.(0);
  socket.setNoDelay?.(true);
  return socket;
}

/**
 * Node has no public way to leave HTTP without an upgrade: its listeners go, and the read that `on('data')` starts makes the parser
 * give the handle back. Its `close` listener stays: it frees the parser. A test watches over all this for each version of Node.
 */
function detachParser(socket: Socket): void {
  for (const event of ['data', 'end', 'drain', 'timeout', 'error', 'resume', 'pause']) {
    for (const listener of socket.listeners(event)) {
      if (isOfHttp(listener.name)) socket.removeListener(event, listener as () => void);
    }
  }
  const handover = (): void => undefined;
  socket.on('data', handover);
  socket.off('data', handover);
  socket.pause();
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
}

function isOfHttp(name: string): boolean {
  return /^(bound )?(socketOn|onSocket)/.test(name);
}

function commonHeaders(exchange: Exchange): string[] {
  return Object.entries(exchange.response.getHeaders()).map(([name, value]) => `${canonical(name)}: ${String(value)}`);
}

function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
