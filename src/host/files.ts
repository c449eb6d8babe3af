import { closeSync, constants, fsyncSync, openSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as osConstants } from 'node:os';
import koffi from 'koffi';
import { errnoOf } from '../base/errors.ts';
import { decodeName, encodeName } from '../base/file-names.ts';
import { checked, HostError, libc } from './ffi.ts';

/**
 * System calls on files that Node lacks: relative to a directory descriptor, on links themselves, with nanoseconds.
 * All are synchronous; extraction calls them from worker threads.
 */
const mknodatCall = libc.func('int mknodat(int dirfd, const char *path, uint32_t mode, uint64_t dev)');
const mkdiratCall = libc.func('int mkdirat(int dirfd, const char *path, uint32_t mode)');
const openatCall = libc.func('int openat(int dirfd, const char *path, int flags, uint32_t mode)');
const unlinkatCall = libc.func('int unlinkat(int dirfd, const char *path, int flags)');
const symlinkatCall = libc.func('int symlinkat(const char *target, int dirfd, const char *path)');
const linkatCall = libc.func('int linkat(int olddir, const char *oldpath, int newdir, const char *newpath, int flags)');
const fchownatCall = libc.func('int fchownat(int dirfd, const char *path, uint32_t uid, uint32_t gid, int flags)');
const fchmodatCall = libc.func('int fchmodat(int dirfd, const char *path, uint32_t mode, int flags)');
const utimensatCall = libc.func('int utimensat(int dirfd, const char *path, const int64_t *times, int flags)');
const futimensCall = libc.func('int futimens(int fd, const int64_t *times)');
const renameat2Call = libc.func('int renameat2(int olddir, const char *oldpath, int newdir, const char *newpath, uint32_t flags)');
const syncfsCall = libc.func('int syncfs(int fd)');
const syncFileRangeCall = libc.func('int sync_file_range(int fd, int64_t offset, int64_t bytes, unsigned int flags)');
const lsetxattrCall = libc.func('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)');
const fsetxattrCall = libc.func('int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)');
const lgetxattrCall = libc.func('intptr_t lgetxattr(const char *path, const char *name, void *value, size_t size)');
const fgetxattrCall = libc.func('intptr_t fgetxattr(int fd, const char *name, void *value, size_t size)');
const flistxattrCall = libc.func('intptr_t flistxattr(int fd, void *list, size_t size)');
const llistxattrCall = libc.func('intptr_t llistxattr(const char *path, void *list, size_t size)');
const lremovexattrCall = libc.func('int lremovexattr(const char *path, const char *name)');
// openat2 has no wrapper in the C library; its number is the same on every architecture.
const openat2Call = libc.func('syscall', 'long', ['long', 'int', 'const char *', 'void *', 'size_t']);

const openat2Number = 437;
export const AT_FDCWD = -100;
export const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_NOFOLLOW = 0x100;
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;
// Node's constants hold the machine's own values (arm64 swaps these two against x86-64).
export const O_DIRECTORY = constants.O_DIRECTORY;
export const O_NOFOLLOW = constants.O_NOFOLLOW;

export const fileTypes = { fifo: 0o010000, character: 0o020000, directory: 0o040000, block: 0o060000, regular: 0o100000, symlink: 0o120000 } as const;

/** openat2's `resolve`: https://man7.org/linux/man-pages/man2/openat2.2.html */
export const resolve = { noCrossDevice: 1, noMagicLinks: 2, noSymlinks: 4, beneath: 8, inRoot: 0x10 } as const;

/** Linux' encoding of a device number in user space (the C library's makedev). */
export function deviceNumber(major: number, minor: number): bigint {
  const [a, b] = [BigInt(major), BigInt(minor)];
  return ((a & 0xfffff000n) << 32n) | ((a & 0xfffn) << 8n) | ((b & 0xffffff00n) << 12n) | (b & 0xffn);
}

/** A name as bytes where it is not valid UTF-8 (see file-names.ts): Node's own calls would change it. */
export function pathOf(name: string): string | Buffer {
  return name.isWellFormed() ? name : encodeName(name);
}

/** The names in a directory, sorted, whatever bytes they are. */
export function readNames(directory: string): string[] {
  return readdirSync(pathOf(directory), { encoding: 'buffer' }).map(decodeName).sort();
}

/** The same for the C library. */
function cName(name: string | Buffer): string | Buffer {
  const path = typeof name === 'string' ? pathOf(name) : name;
  return typeof path === 'string' ? path : Buffer.concat([path, Buffer.alloc(1)]);
}

/** `mode` holds the type (`fileTypes`) and the permissions. */
export function mknodAt(directory: number, name: string, mode: number, device = 0n): void {
  checked(mknodatCall(directory, cName(name), mode, device), 'mknodat', name);
}

export function mkdirAt(directory: number, name: string, mode: number): void {
  checked(mkdiratCall(directory, cName(name), mode), 'mkdirat', name);
}

export function openAt(directory: number, name: string | Buffer, flags: number, mode = 0): number {
  return checked(openatCall(directory, cName(name), flags | O_CLOEXEC, mode), 'openat', String(name));
}

const openHow = Buffer.alloc(24);
/** Against one process that only renames, one lookup in fourteen is refused and hardly four in a row; so many take some 30 ms. */
const maxLookups = 10_000;

/**
 * Opens `path` with the kernel holding the lookup to `rules` (`resolve`), e.g. as if `directory` were the root. The kernel refuses a
 * `..` (EAGAIN) while anybody on the machine renames or mounts anything, and leaves the repetition to its caller.
 * @throws HostError EAGAIN when the machine did nothing else during all of `maxLookups`
 */
export function openAt2(directory: number, path: string, flags: number, rules: number): number {
  openHow.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  openHow.writeBigUInt64LE(0n, 8);
  openHow.writeBigUInt64LE(BigInt(rules), 16);
  const name = cName(path);
  for (let lookup = 1; ; lookup++) {
    const fd = Number(openat2Call(openat2Number, directory, name, openHow, 24));
    if (fd !== -1 || koffi.errno() !== osConstants.errno.EAGAIN || lookup === maxLookups) return checked(fd, 'openat2', path);
  }
}

export function unlinkAt(directory: number, name: string | Buffer, flags = 0): void {
  checked(unlinkatCall(directory, cName(name), flags), 'unlinkat', String(name));
}

export function symlinkAt(target: string, directory: number, name: string): void {
  checked(symlinkatCall(cName(target), directory, cName(name)), 'symlinkat', name);
}

/** Never follows a link at `from`. */
export function linkAt(fromDirectory: number, from: string, toDirectory: number, to: string): void {
  checked(linkatCall(fromDirectory, cName(from), toDirectory, cName(to), 0), 'linkat', to);
}

/** Changes a link itself, not what it points at. */
export function chownAt(directory: number, name: string, owner: { uid: number; gid: number }): void {
  checked(fchownatCall(directory, cName(name), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW), 'fchownat', name);
}

/** Follows links: never for a name that an archive chose and that may be one. */
export function chmodAt(directory: number, name: string, mode: number): void {
  checked(fchmodatCall(directory, cName(name), mode, 0), 'fchmodat', name);
}

const times = new BigInt64Array(4);

/** Sets access and modification time to the same moment, of the link itself. Whole seconds and nanoseconds since the epoch. */
export function utimesAt(directory: number, name: string, seconds: number, nanoseconds: number): void {
  fillTimes(seconds, nanoseconds);
  checked(utimensatCall(directory, cName(name), times, AT_SYMLINK_NOFOLLOW), 'utimensat', name);
}

export function futimes(fd: number, seconds: number, nanoseconds: number): void {
  fillTimes(seconds, nanoseconds);
  checked(futimensCall(fd, times), 'futimens');
}

function fillTimes(seconds: number, nanoseconds: number): void {
  times[0] = times[2] = BigInt(seconds);
  times[1] = times[3] = BigInt(nanoseconds);
}

/** Renames; `noReplace` fails with EEXIST when the new name is taken, `exchange` swaps the two. */
export function renameAt2(from: { directory: number; name: string | Buffer }, to: { directory: number; name: string }, how?: 'noReplace' | 'exchange'): void {
  const flags = how === 'noReplace' ? 1 : how === 'exchange' ? 2 : 0;
  const result = renameat2Call(from.directory, cName(from.name), to.directory, cName(to.name), flags);
  checked(result, 'renameat2', to.name);
}

/** Writes everything of the filesystem that holds `fd` to disk. */
export function syncFilesystem(fd: number): void {
  checked(syncfsCall(fd), 'syncfs');
}

/**
 * Asks the kernel to write a file's data out, without waiting: a later fsync finds most of it done. `offset` and `bytes` say which part; 0
 * bytes, to the end. A wish: a filesystem that cannot does nothing.
 */
export function startWriting(fd: number, offset = 0, bytes = 0): void {
  syncFileRangeCall(fd, offset, bytes, SYNC_FILE_RANGE_WRITE);
}
const SYNC_FILE_RANGE_WRITE = 2;

/** A file, or the names in a directory, are on disk when it resolves; in libuv's threads. Missing is done. */
export async function fsyncFile(path: string): Promise<void> {
  try {
    await using file = await open(path, constants.O_RDONLY);
    await file.sync();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Makes names that were created, renamed or removed in a directory durable. */
export function fsyncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function setXattr(path: string, name: string, value: Uint8Array): void {
  checked(lsetxattrCall(cName(path), name, value, value.length, 0), 'lsetxattr', `${name} of ${path}`);
}

export function fsetXattr(fd: number, name: string, value: Uint8Array): void {
  checked(fsetxattrCall(fd, name, value, value.length, 0), 'fsetxattr', name);
}

/** undefined when there is none, or when the filesystem has no attributes of this kind. A path's last component is not followed. */
export function getXattr(file: string | number, name: string): Buffer | undefined {
  return growing(256, `${name} of ${file}`, (buffer) => Number(
    typeof file === 'number' ? fgetxattrCall(file, name, buffer, buffer.length) : lgetxattrCall(cName(file), name, buffer, buffer.length),
  ));
}

/** Names of a file's extended attributes; none where the filesystem knows none. A path's last component is not followed. */
export function listXattrs(file: string | number): string[] {
  const list = growing(1024, String(file), (buffer) => Number(
    typeof file === 'number' ? flistxattrCall(file, buffer, buffer.length) : llistxattrCall(cName(file), buffer, buffer.length),
  ));
  return list === undefined ? [] : list.toString('utf8').split('\0').filter((name) => name !== '');
}

/** Calls with larger buffers until the answer fits. */
function growing(bytes: number, subject: string, call: (buffer: Buffer) => number): Buffer | undefined {
  for (let size = bytes; ; size *= 4) {
    const buffer = Buffer.alloc(size);
    const length = call(buffer);
    if (length >= 0) return buffer.subarray(0, length);
    const error = new HostError('getxattr', koffi.errno(), subject);
    if (error.code === 'ENODATA' || error.code === 'ENOTSUP' || error.code === 'EOPNOTSUPP') return undefined;
    if (error.code !== 'ERANGE' || size > 65_536) throw error;
  }
}

export function removeXattr(path: string, name: string): void {
  checked(lremovexattrCall(cName(path), name), 'lremovexattr', `${name} of ${path}`);
}
