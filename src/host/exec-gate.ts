import { close, closeSync } from 'node:fs';
import { libc } from './ffi.ts';

const fanotifyInit = libc.func('int fanotify_init(unsigned int flags, unsigned int event_flags)');
const fanotifyMark = libc.func('int fanotify_mark(int fd, unsigned int flags, uint64_t mask, int directory, const char *path)');
const FAN_CLOEXEC = 0x1;
const FAN_CLASS_CONTENT = 0x4;
const FAN_MARK_ADD = 0x1;
const FAN_MARK_MOUNT = 0x10;
const FAN_OPEN_EXEC_PERM = 0x4_0000;
const AT_FDCWD = -100;

/** Nobody waits longer than this, whatever becomes of the one who holds the gate. */
const longestMs = 1000;

/**
 * From now on no program of the mount that is a process' root begins, until the function that is given back is called, we die, or the
 * patience is over: whoever calls execve(2) there waits in the kernel, we too. Undefined when this kernel has no such gate, or none for us. Programs on other mounts, such as
 * volumes, are not held: the way to them may lead through a filesystem that answers when it likes. Source: fanotify(7).
 */
export function holdPrograms(pid: number, patienceMs = longestMs): (() => void) | undefined {
  const gate = fanotifyInit(FAN_CLASS_CONTENT | FAN_CLOEXEC, 0) as number;
  if (gate < 0) return undefined;
  if (fanotifyMark(gate, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_EXEC_PERM, AT_FDCWD, `/proc/${pid}/root`) !== 0) {
    closeSync(gate);
    return undefined;
  }
  let isOpen = false;
  const open = (): void => {
    clearTimeout(timer);
    // All who wait go at once; only then the kernel takes its time over the mark.
    if (!isOpen) close(gate);
    isOpen = true;
  };
  const timer = setTimeout(open, patienceMs);
  return open;
}
