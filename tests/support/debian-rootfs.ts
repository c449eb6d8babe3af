import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../src/host/find-program.ts';
import { makeDebian, MirrorFailure } from '../../tools/vm/mirror.ts';

/** Out of the repository, and kept: each is made once a machine, in 15 to 40 seconds. */
function cached(packages: readonly string[]): string {
  const key = packages.length === 0 ? '' : `-${createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 8)}`;
  return fileURLToPath(new URL(`../../.cache/debian-rootfs${key}.tar`, import.meta.url));
}

/**
 * False when such a root filesystem is there: it is made where it is not yet. Otherwise why a test skips: no mmdebstrap, or its package mirror
 * cannot be reached. @throws when mmdebstrap fails for another reason
 */
export function missingDebianRootfs(packages: readonly string[] = []): string | false {
  if (existsSync(cached(packages))) return false;
  return findProgram('mmdebstrap') === undefined ? 'mmdebstrap is not installed' : make(packages);
}

function make(packages: readonly string[]): string | false {
  const file = cached(packages);
  mkdirSync(dirname(file), { recursive: true });
  const making = `${file}.${process.pid}.tar`;
  const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  try {
    makeDebian(['--variant=essential', ...include, 'bookworm', making]);
    renameSync(making, file);
    return false;
  } catch (error) {
    rmSync(making, { force: true });
    if (error instanceof MirrorFailure) return error.message;
    throw error;
  }
}

/** The path of a tar of a small real Debian with some packages, which `missingDebianRootfs()` has not missed. */
export function debianRootfs(packages: readonly string[] = []): string {
  return cached(packages);
}
