import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A client that keeps its half open after the end is cut off after this. */
const lingerMs = 10_000;

/** Waits for the other side's end of a connection whose own end is sent, reading on, so that nothing that was sent is lost. */
export function linger(client: Duplex): void {
  client.resume();
  const timer = setTimeout(() => client.destroy(), lingerMs);
  timer.unref();
  client.once('close', () => clearTimeout(timer));
}

/**
 * Has Node's HTTP server linger where it would close. An answer to a body that is not read to its end must not get lost with the connection: a
 * sender that finds it broken reads no more.
 */
export function lingerAtEnd(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    linger(socket);
  };
}
