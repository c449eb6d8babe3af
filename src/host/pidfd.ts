import { errnoOf } from '../base/errors.ts';
import { checked, libc } from './ffi.ts';
import { exitCodeOf } from './processes.ts';

const syscall = libc.func('long syscall(long number, int pid, unsigned int flags)');
const getfd = libc.func('long syscall(long number, int pidfd, int descriptor, unsigned int flags)');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');

/** The same on every architecture. */
const pidfdOpen = 434;
const pidfdGetfd = 438;
/** `struct pidfd_info` in its first form, which `PIDFD_GET_INFO` carries in its number. */
const infoBytes = 64;
const exitCodeOffset = 60;
const PIDFD_GET_INFO = (3 << 30 >>> 0) + (infoBytes << 16) + (0xff << 8) + 11;
const PIDFD_INFO_EXIT = 1n << 3n;

/** A descriptor that names a process for good, also one that is nobody's child here. Undefined when there is no such process. @throws HostError */
export function openPidfd(pid: number): number | undefined {
  try {
    return checked(syscall(pidfdOpen, pid, 0) as number, 'pidfd_open', String(pid));
  } catch (error) {
    if (['ESRCH', 'EINVAL'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** A descriptor of the process as one of ours, close-on-exec; it stays open when the other closes its own. @throws HostError EBADF, EPERM for a process that is not ours to trace */
export function descriptorOfPidfd(pidfd: number, descriptor: number): number {
  return checked(getfd(pidfdGetfd, pidfd, descriptor, 0) as number, 'pidfd_getfd', String(descriptor));
}

/**
 * The exit code, in the shell's reading, of a process that has ended and was reaped by whoever is its parent. Undefined before that, and
 * for ever on kernels before 6.15, which tell it to the parent alone.
 */
export function exitCodeOfPidfd(pidfd: number): number | undefined {
  const info = Buffer.alloc(infoBytes);
  info.writeBigUInt64LE(PIDFD_INFO_EXIT, 0);
  if (ioctl(pidfd, PIDFD_GET_INFO, 'void *', info) !== 0) return undefined;
  return (info.readBigUInt64LE(0) & PIDFD_INFO_EXIT) === 0n ? undefined : exitCodeOf(info.readInt32LE(exitCodeOffset));
}
