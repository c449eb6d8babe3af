import type { Socket as UdpSocket } from 'node:dgram';
import { closeSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { protocolNumber } from '../../host/internet-protocols.ts';
import { openBound } from '../../host/internet-sockets.ts';
import { withNetns } from '../../host/namespaces.ts';
import { protocolFamily } from '../../host/netlink/netfilter-message.ts';
import { addressBytes } from '../../host/netlink/wire-address.ts';
import { destinationPort, equals, ipv4, protocol, redirectTo } from '../../host/nftables/expressions.ts';
import { deleteTable, newChain, newRule, newTable } from '../../host/nftables/messages.ts';
import { NftablesSocket } from '../../host/nftables/socket.ts';
import { numericSocket } from './numeric.ts';

/** Where containers ask. */
export const serverAddress = '127.0.0.11';

/** One message in, one out; undefined is silence. */
export type Handle = (message: Buffer, transport: 'udp' | 'tcp') => Promise<Buffer | undefined>;

const idleMs = 10_000;
const maxTcpClients = 64;

/**
 * Sockets inside a container's network namespace, served from this process. They sit on ports of the kernel's choice, and a rule in the
 * namespace leads 127.0.0.11:53 there: a container that runs a name server of its own can have port 53 on all its addresses.
 */
export class Ears {
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #clients = new Set<Socket>();

  private constructor(udp: UdpSocket, tcp: Server) {
    this.#udp = udp;
    this.#tcp = tcp;
  }

  /** @throws HostError when the namespace is gone. */
  static open(netns: string, handle: Handle): Ears {
    const sockets = withNetns(netns, () => {
      const udp = openBound('udp', serverAddress);
      let tcp: { fd: number; port: number } | undefined;
      try {
        tcp = openBound('tcp', serverAddress);
        redirect(udp.port, tcp.port);
        return { udp: udp.fd, tcp: tcp.fd };
      } catch (error) {
        closeSync(udp.fd);
        if (tcp !== undefined) closeSync(tcp.fd);
        throw error;
      }
    });
    const udp = numericSocket('udp4');
    const tcp = createServer({ noDelay: true });
    const ears = new Ears(udp, tcp);
    udp.on('error', () => {});
    udp.on('message', (message, from) => {
      // It wants no answer (RFC 768), and Node would throw instead of sending one.
      if (from.port === 0) return;
      void handle(message, 'udp').then((reply) => {
        if (reply !== undefined && !ears.#closed) udp.send(reply, from.port, from.address);
      });
    });
    udp.bind({ fd: sockets.udp });
    tcp.on('error', () => {});
    tcp.on('connection', (socket) => ears.#serve(socket, handle));
    tcp.listen({ fd: sockets.tcp });
    return ears;
  }

  #closed = false;

  /** Only this process' part: the rule goes with the namespace, or is replaced by the next ears. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#udp.close();
    this.#tcp.close();
    for (const client of this.#clients) client.destroy();
  }

  /** Messages with a length before each, as many as the client likes. RFC 1035 §4.2.2. */
  #serve(socket: Socket, handle: Handle): void {
    if (this.#clients.size >= maxTcpClients) {
      socket.destroy();
      return;
    }
    this.#clients.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('close', () => this.#clients.delete(socket));
    socket.on('error', () => {});
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const message = received.subarray(2, 2 + received.readUInt16BE(0));
        received = received.subarray(2 + message.length);
        void handle(Buffer.from(message), 'tcp').then((reply) => {
          if (reply === undefined || socket.destroyed) return;
          const length = Buffer.alloc(2);
          length.writeUInt16BE(reply.length);
          socket.write(Buffer.concat([length, reply]));
        });
      }
    });
  }
}

const table = { family: protocolFamily.ipv4, name: 'gantry-dns' };

/** Replaces what an earlier resolver left. Answers find their way back by connection tracking. */
function redirect(udpPort: number, tcpPort: number): void {
  const server = addressBytes(serverAddress);
  const lead = (transport: 'udp' | 'tcp', port: number): ReturnType<typeof newRule> => newRule(table, 'output', [
    ...equals(ipv4.destination, server), ...equals(protocol, Buffer.from([protocolNumber[transport]])), ...equals(destinationPort, Buffer.from([0, 53])), ...redirectTo(server, port),
  ]);
  using nftables = new NftablesSocket();
  nftables.transaction([
    newTable(table), deleteTable(table), newTable(table),
    newChain(table, 'output', { type: 'nat', hook: 'output', priority: -100 }), lead('udp', udpPort), lead('tcp', tcpPort),
  ]);
}
