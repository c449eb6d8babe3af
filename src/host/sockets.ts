import koffi from 'koffi';
import { closeSync } from 'node:fs';
import { checked, HostError, libc } from './ffi.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, void *address, unsigned int length)');
const listen = libc.func('int listen(int fd, int backlog)');
const accept4 = libc.func('int accept4(int fd, void *address, void *length, int flags)');
const iovec = koffi.struct('gantry_iovec', { base: 'void *', length: 'size_t' });
koffi.struct('gantry_msghdr', {
  name: 'void *',
  nameLength: 'uint32_t',
  vectors: koffi.pointer(iovec),
  vectorCount: 'size_t',
  control: 'void *',
  controlLength: 'size_t',
  flags: 'int',
});
const recvmsg = libc.func('intptr_t recvmsg(int fd, gantry_msghdr *message, int flags)');

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** `sun_path` with its final NUL. */
const maximumPathBytes = 107;

/** A listening, non-blocking UNIX socket outside of the event loop. The caller closes it and unlinks the path. @throws HostError */
export function listenUnix(path: string): number {
  const name = Buffer.from(path);
  if (name.length > maximumPathBytes) throw new HostError('bind', 36, path);
  const address = Buffer.alloc(2 + name.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  const descriptor = checked(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) as number, 'socket');
  try {
    checked(bind(descriptor, address, address.length) as number, 'bind', path);
    checked(listen(descriptor, 1) as number, 'listen', path);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Takes the descriptor that a peer has already sent to the listening socket. Does not wait: the sender must have ended its part,
 * as an OCI runtime has when it returns. The result is close-on-exec. @throws HostError EAGAIN when nobody connected
 */
export function receiveDescriptor(listening: number): number {
  const connection = checked(accept4(listening, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK) as number, 'accept4');
  try {
    const control = Buffer.alloc(64);
    const message = {
      name: null,
      nameLength: 0,
      vectors: [{ base: Buffer.alloc(4096), length: 4096 }],
      vectorCount: 1,
      control,
      controlLength: control.length,
      flags: 0,
    };
    checked(Number(recvmsg(connection, message, MSG_CMSG_CLOEXEC)), 'recvmsg');
    if (control.readUInt32LE(8) !== SOL_SOCKET || control.readUInt32LE(12) !== SCM_RIGHTS) throw new HostError('recvmsg', 9, 'no descriptor');
    return control.readInt32LE(16);
  } finally {
    closeSync(connection);
  }
}
