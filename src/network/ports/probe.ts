import koffi from 'koffi';
import { libc } from '../../host/ffi.ts';
import { addressBytes } from '../../host/netlink/wire-address.ts';
import { HostError } from '../../host/ffi.ts';
import type { PublishedPort } from '../network.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
const close = libc.func('int close(int fd)');

const kinds = { tcp: [1, 6], udp: [2, 17], sctp: [1, 132] } as const;
const closeOnExec = 0o2000000;
const on = Buffer.from([1, 0, 0, 0]);

/**
 * The errno name with which the kernel refuses to bind the host port, `EADDRINUSE` when another program listens there; undefined when it is free.
 * Nothing stays open: published ports need no listener.
 */
export function probeHostPort(port: { protocol: PublishedPort['protocol']; hostIp: string; hostPort: number }): string | undefined {
  const ipv6 = port.hostIp.includes(':');
  const [type, protocol] = kinds[port.protocol];
  const fd: number = socket(ipv6 ? 10 : 2, type | closeOnExec, protocol);
  // A kernel without this protocol (SCTP is often a module) has no listener of it either.
  if (fd === -1) return undefined;
  try {
    if (port.protocol === 'tcp') setsockopt(fd, 1, 2, on, 4);
    if (ipv6) setsockopt(fd, 41, 26, on, 4);
    const address = socketAddress(port.hostIp, port.hostPort);
    return bind(fd, address, address.length) === 0 ? undefined : new HostError('bind', koffi.errno()).code;
  } finally {
    close(fd);
  }
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
