import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { addressText } from './netlink/wire-address.ts';
import { checked, HostError, libc } from './ffi.ts';

const socketCall = libc.func('int socket(int domain, int type, int protocol)');
const bindCall = libc.func('int bind(int fd, void *address, unsigned int length)');
const listenCall = libc.func('int listen(int fd, int backlog)');
const shutdownCall = libc.func('int shutdown(int fd, int how)');
const getsockoptCall = libc.func('int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ unsigned int *length)');
const setsockoptCall = libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int length)');
const getsocknameCall = libc.func('int getsockname(int fd, _Out_ void *address, _Inout_ unsigned int *length)');

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SHUT_RDWR = 2;
const SO_NETNS_COOKIE = 71;
const backlog = 128;
/** The kernel's own limit is usually the smaller one. */
const longBacklog = 4096;

/** The number by which the kernel knows the network namespace of the calling thread; from Linux 5.14 on. @throws HostError */
export function namespaceCookie(): bigint {
  const fd = checked(socketCall(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) as number, 'socket', 'udp');
  try {
    const value = Buffer.alloc(8);
    checked(getsockoptCall(fd, SOL_SOCKET, SO_NETNS_COOKIE, value, [value.length]) as number, 'getsockopt', 'SO_NETNS_COOKIE');
    return value.readBigUInt64LE();
  } finally {
    closeSync(fd);
  }
}

/**
 * An IPv4 socket bound to `address` and `wanted`, or a port of the kernel's choice, in the network namespace of the calling thread; listening when
 * it is TCP. Made for `withNetns`: Node adopts the descriptor later and closes it. @throws HostError
 */
export function openBound(protocol: 'tcp' | 'udp', address: string, wanted = 0): { fd: number; port: number } {
  const type = (protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const fd = checked(socketCall(AF_INET, type, 0) as number, 'socket', protocol);
  try {
    const name = Buffer.alloc(16);
    name.writeUInt16LE(AF_INET, 0);
    name.writeUInt16BE(wanted, 2);
    Buffer.from(address.split('.').map(Number)).copy(name, 4);
    checked(bindCall(fd, name, name.length) as number, 'bind', address);
    if (protocol === 'tcp') checked(listenCall(fd, backlog) as number, 'listen', address);
    checked(getsocknameCall(fd, name, [name.length]) as number, 'getsockname', address);
    return { fd, port: name.readUInt16BE(2) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Connections to a bound socket queue from now on, until somebody accepts them. @throws HostError */
export function listenOn(descriptor: number): void {
  checked(listenCall(descriptor, longBacklog) as number, 'listen');
  // Connections inherit it: those that are closing do not keep the next listener from the port. This one does, as long as it listens.
  setReuse(descriptor, 1);
}

/** Refuses connections again, those that wait too; the socket stays bound. @throws HostError */
export function stopListening(descriptor: number): void {
  checked(shutdownCall(descriptor, SHUT_RDWR) as number, 'shutdown');
  // Without a listener it would let others have the port.
  setReuse(descriptor, 0);
}

function setReuse(descriptor: number, value: 0 | 1): void {
  checked(setsockoptCall(descriptor, SOL_SOCKET, SO_REUSEADDR, Buffer.from([value, 0, 0, 0]), 4) as number, 'setsockopt', 'SO_REUSEADDR');
}

/** Where a socket is bound. @throws HostError when it is none, or none of the internet */
export function boundAddress(descriptor: number): { address: string; port: number } {
  const name = Buffer.alloc(28);
  checked(getsocknameCall(descriptor, name, [name.length]) as number, 'getsockname');
  const family = name.readUInt16LE(0);
  if (family !== AF_INET && family !== AF_INET6) throw new HostError('getsockname', constants.errno.EAFNOSUPPORT);
  return { address: addressText(family === AF_INET ? name.subarray(4, 8) : name.subarray(8, 24)), port: name.readUInt16BE(2) };
}
