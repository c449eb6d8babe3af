import { closeSync } from 'node:fs';
import { checked, libc } from './ffi.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const sendto = libc.func('intptr_t sendto(int fd, void *bytes, size_t length, int flags, void *address, unsigned int addressLength)');

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/** Sends one datagram to a UNIX socket, which Node cannot; a path that begins with `@` is an abstract name. @throws HostError */
export function sendDatagram(path: string, text: string): void {
  const name = Buffer.from(path.replace(/^@/, '\0'));
  const address = Buffer.alloc(2 + name.length);
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  const descriptor = checked(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) as number, 'socket');
  try {
    const bytes = Buffer.from(text);
    checked(Number(sendto(descriptor, bytes, bytes.length, MSG_NOSIGNAL, address, address.length)), 'sendto', path);
  } finally {
    closeSync(descriptor);
  }
}
