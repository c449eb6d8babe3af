import { libc } from './ffi.ts';

const poll = libc.func('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeoutMs)');
/** `struct pollfd`: descriptor, events asked for, events returned. */
const pollfdBytes = 8;
const POLLERR = 0x08;
const POLLHUP = 0x10;

/** Whether nobody is at the other end of a socket any more: one who has only ended their half still reads. Of TCP this is known once the other side has answered with a reset. */
export function isHungUp(fd: number): boolean {
  const entry = Buffer.alloc(pollfdBytes);
  entry.writeInt32LE(fd, 0);
  poll(entry, 1, 0);
  return (entry.readInt16LE(6) & (POLLERR | POLLHUP)) !== 0;
}
