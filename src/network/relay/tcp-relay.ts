import { connect, createServer, type Server, type Socket } from 'node:net';
import type { RelayedPort } from './relayed-port.ts';

/** How long a peer may be silent before it is asked whether it is still there. */
const keepAliveMs = 60_000;

/** Passes connections on: each half ends as its other side ends, and a reset is a reset on both sides. */
export class TcpRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param descriptor a bound socket, which this closes */
  constructor(descriptor: number, target: Pick<RelayedPort, 'address' | 'port'>) {
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    this.#server = createServer({ ...options, pauseOnConnect: true }, (client) => {
      const container = connect({ ...options, host: target.address, port: target.port });
      this.#follow(client, container);
      this.#follow(container, client);
      container.once('connect', () => {
        client.pipe(container);
        container.pipe(client);
      });
    });
    this.#server.on('error', () => {});
    this.#server.listen({ fd: descriptor });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #follow(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', (failed) => {
      this.#sockets.delete(socket);
      if (failed) other.resetAndDestroy();
      else other.destroySoon();
    });
  }
}
