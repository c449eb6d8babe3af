import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { numericSocket } from '../dns/numeric.ts';
import type { RelayedPort } from './relayed-port.ts';

/** A client that was silent for so long is a new one. */
const idleMs = 90_000;
const maxClients = 1024;

interface Flow { socket: Socket; usedAt: number }

/** Passes datagrams on. The container sees a port of the host's for each client, so that answers find their way. */
export class UdpRelay {
  readonly #own: Socket;
  readonly #target: Pick<RelayedPort, 'address' | 'port'>;
  /** By the client's address and port, the one that was silent longest first. */
  readonly #flows = new Map<string, Flow>();
  readonly #sweep: NodeJS.Timeout;

  /** @param descriptor a bound socket, which this closes */
  constructor(descriptor: number, { hostIp, address, port }: Pick<RelayedPort, 'hostIp' | 'address' | 'port'>) {
    this.#target = { address, port };
    this.#own = numericSocket(isIPv6(hostIp) ? 'udp6' : 'udp4');
    this.#own.on('error', () => {});
    this.#own.on('message', (message, from) => this.#flowOf(from).socket.send(message, port, address));
    this.#own.bind({ fd: descriptor });
    this.#sweep = setInterval(() => this.#dropSilent(), idleMs / 3);
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#own.close();
    for (const key of [...this.#flows.keys()]) this.#drop(key);
  }

  #flowOf(client: { address: string; port: number }): Flow {
    const key = `${client.address} ${client.port}`;
    const flow = this.#flows.get(key) ?? { socket: this.#open(client), usedAt: 0 };
    flow.usedAt = performance.now();
    this.#flows.delete(key);
    this.#flows.set(key, flow);
    const [oldest] = this.#flows.keys();
    if (this.#flows.size > maxClients && oldest !== undefined) this.#drop(oldest);
    return flow;
  }

  /** A refusal by the container loses datagrams, as a network may. */
  #open(client: { address: string; port: number }): Socket {
    const { address, port } = this.#target;
    const socket = numericSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.on('error', () => {});
    socket.on('message', (message, from) => {
      // Nobody hears what is sent to port 0, which stands for a sender that wants no answer (RFC 768), and Node throws.
      if (client.port !== 0 && from.address === address && from.port === port) this.#own.send(message, client.port, client.address);
    });
    return socket;
  }

  #drop(key: string): void {
    this.#flows.get(key)?.socket.close();
    this.#flows.delete(key);
  }

  #dropSilent(): void {
    for (const [key, { usedAt }] of this.#flows) {
      if (performance.now() - usedAt > idleMs) this.#drop(key);
    }
  }
}
