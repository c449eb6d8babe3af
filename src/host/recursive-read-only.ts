import koffi from 'koffi';
import { constants } from 'node:os';
import { libc } from './ffi.ts';

// mount_setattr has no wrapper in older C libraries; its number is the same on every architecture.
const mountSetattrCall = libc.func('syscall', 'long', ['long', 'int', 'str', 'uint', 'void *', 'size_t']);
const mountSetattrNumber = 442;

/** Whether the kernel has mount_setattr(2), which makes a whole tree of mounts read-only at once: Linux 5.12. */
export function canMakeTreesReadOnly(): boolean {
  const invalid = -1;
  return Number(mountSetattrCall(mountSetattrNumber, invalid, '', 0, null, 0)) === 0 || koffi.errno() !== constants.errno.ENOSYS;
}
