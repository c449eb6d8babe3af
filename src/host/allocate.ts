import { libc } from './ffi.ts';

const posixFallocateCall = libc.func('int posix_fallocate(int fd, int64_t offset, int64_t bytes)');

/** Gives an open file blocks for its first `bytes` bytes. False when the disk, or a quota, has none. */
export function allocate(fd: number, bytes: number): boolean {
  return posixFallocateCall(fd, 0, bytes) === 0;
}
