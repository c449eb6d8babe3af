import { checked, libc } from './ffi.ts';

const prlimit = libc.func('int prlimit(int pid, int resource, const void *limit, void *old)');
/** Source: include/uapi/asm-generic/resource.h */
const RLIMIT_NOFILE = 7;

/**
 * How many files another process may have open: a number above all of its descriptors. Those it has stay open.
 * @throws HostError: EPERM for a process of another user without CAP_SYS_RESOURCE
 */
export function limitOpenFiles(pid: number, { soft, hard }: { soft: number; hard: number }): void {
  const limit = Buffer.from(BigUint64Array.of(BigInt(soft), BigInt(hard)).buffer);
  checked(prlimit(pid, RLIMIT_NOFILE, limit, null), 'prlimit', String(pid));
}
