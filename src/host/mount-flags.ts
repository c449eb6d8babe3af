import { checked, libc } from './ffi.ts';

// struct statvfs of 64-bit C libraries: eleven words, f_flag the tenth.
const statvfsCall = libc.func('int statvfs(const char *path, void *buffer)');
const flagOffset = 72;
const words: readonly [bit: number, word: string][] = [[1, 'ro'], [2, 'nosuid'], [4, 'nodev'], [8, 'noexec'], [1024, 'noatime'], [2048, 'nodiratime']];

/** What the mount that `path` lies on forbids, in words of mount(8). Source: statvfs(3). @throws HostError */
export function mountRestrictions(path: string): string[] {
  const buffer = Buffer.alloc(128);
  checked(statvfsCall(path, buffer), 'statvfs', path);
  const flags = Number(buffer.readBigUInt64LE(flagOffset));
  return words.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word);
}
