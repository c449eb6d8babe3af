import { closeSync, copyFileSync, openSync, readSync, statSync } from 'node:fs';
import { checked, libc } from './ffi.ts';

const memfdCreate = libc.func('int memfd_create(const char *name, unsigned int flags)');
const fcntl = libc.func('fcntl', 'int', ['int', 'int', 'int']);

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
/** Linux 6.3 and newer, which may refuse to run what lacks it (sysctl vm.memfd_noexec); older kernels do not know it. */
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
const sealAgainstAll = 0x1 | 0x2 | 0x4 | 0x8;

interface Copy { identity: string; descriptor: number | undefined }
const copies = new Map<string, Copy>();

/**
 * Where to execute a program from a copy in memory that nobody can write to again, made anew when the file has changed; undefined where the kernel makes
 * none. An OCI runtime must not be run from a file that a container could reach through /proc and overwrite (CVE-2019-5736), so crun and runc first make
 * such a copy, or a mount, and execute themselves again from it, each time they start: with this they find themselves sealed.
 */
export function sealedCopyOf(path: string): string | undefined {
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
  const identity = [dev, ino, size, mtimeMs, ctimeMs].join();
  const known = copies.get(path);
  if (known?.identity === identity) return pathOf(known);
  if (known?.descriptor !== undefined) closeSync(known.descriptor);
  const copy = { identity, descriptor: sealedCopy(path) };
  copies.set(path, copy);
  return pathOf(copy);
}

/** It could not be executed: the file itself is used until it changes. */
export function withoutSealedCopy(path: string): void {
  const copy = copies.get(path);
  if (copy?.descriptor !== undefined) closeSync(copy.descriptor);
  if (copy !== undefined) copies.set(path, { ...copy, descriptor: undefined });
}

/** The descriptor goes to the child with the others, and is closed when the program has begun. */
const pathOf = ({ descriptor }: Copy): string | undefined => (descriptor === undefined ? undefined : `/proc/self/fd/${descriptor}`);

/** A script's interpreter could not open it: the descriptor is closed by then. */
function isExecutableFile(path: string): boolean {
  const magic = Buffer.alloc(4);
  const descriptor = openSync(path, 'r');
  readSync(descriptor, magic);
  closeSync(descriptor);
  return magic.toString('latin1') === '\x7fELF';
}

function sealedCopy(path: string): number | undefined {
  if (!isExecutableFile(path)) return undefined;
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const first = memfdCreate(path, flags | MFD_EXEC) as number;
  const descriptor = first === -1 ? memfdCreate(path, flags) as number : first;
  if (descriptor === -1) return undefined;
  try {
    copyFileSync(path, `/proc/self/fd/${descriptor}`);
    checked(fcntl(descriptor, F_ADD_SEALS, sealAgainstAll) as number, 'fcntl', path);
    return descriptor;
  } catch {
    closeSync(descriptor); // no memory, no /proc: what a runtime does by itself is as good
    return undefined;
  }
}
