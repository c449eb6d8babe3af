import koffi from 'koffi';
import { addressBytes } from '../../host/netlink/wire-address.ts';
import { HostError, libc } from '../../host/ffi.ts';
import type { PublishedPort } from '../network.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
const close = libc.func('int close(int fd)');

const kinds = { tcp: [1, 6], udp: [2, 17], sctp: [1, 132] } as const;
const closeOnExec = 0o2000000;
const on = Buffer.from([1, 0, 0, 0]);

export type HostPort = Pick<PublishedPort, 'protocol' | 'hostIp' | 'hostPort'>;

/** A host port that is held, or the errno name with which the kernel refused it: `EADDRINUSE` when somebody else has it. */
export type Reservation = { release(): void; /** The socket that holds it. */ descriptor?: number } | { refused: string };

const nothing: Reservation = { release: () => undefined };

/**
 * Holds a host port for as long as it is published: a bound socket that never listens. Packets do not reach it, they are translated before;
 * but no other program, and no other instance of this engine, can take the port meanwhile.
 */
export function reserveHostPort(port: HostPort): Reservation {
  const first = bindTo(port, { reuse: false });
  // Connections of an earlier listener may still be closing; that is no reason to refuse. A listener that is there refuses this too.
  return 'refused' in first && first.refused === 'EADDRINUSE' && port.protocol === 'tcp' ? bindTo(port, { reuse: true }) : first;
}

function bindTo(port: HostPort, { reuse }: { reuse: boolean }): Reservation {
  const ipv6 = port.hostIp.includes(':');
  const [type, protocol] = kinds[port.protocol];
  const fd: number = socket(ipv6 ? 10 : 2, type | closeOnExec, protocol);
  // A kernel without this protocol (SCTP is often a module) has no listener of it; without descriptors the port is published unheld.
  if (fd === -1) return nothing;
  if (reuse) setsockopt(fd, 1, 2, on, 4);
  if (ipv6) setsockopt(fd, 41, 26, on, 4);
  const address = socketAddress(port.hostIp, port.hostPort);
  if (bind(fd, address, address.length) === 0) return { release: () => void close(fd), descriptor: fd };
  const refused = new HostError('bind', koffi.errno()).code;
  close(fd);
  return { refused };
}

/** sockaddr_in or sockaddr_in6. */
function socketAddress(hostIp: string, port: number): Buffer {
  const bytes = addressBytes(hostIp);
  const address = Buffer.alloc(bytes.length === 4 ? 16 : 28);
  address.writeUInt16LE(bytes.length === 4 ? 2 : 10, 0);
  address.writeUInt16BE(port, 2);
  bytes.copy(address, bytes.length === 4 ? 4 : 8);
  return address;
}
