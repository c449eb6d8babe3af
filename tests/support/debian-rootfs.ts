import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Out of the repository, and kept: each is made once a machine, in 15 to 40 seconds. */
function cached(packages: readonly string[]): string {
  const key = packages.length === 0 ? '' : `-${createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 8)}`;
  return fileURLToPath(new URL(`../../.cache/debian-rootfs${key}.tar`, import.meta.url));
}

/** False when such a root filesystem can be made here or is there already; otherwise why a test skips. */
export function missingMmdebstrap(packages: readonly string[] = []): string | false {
  if (existsSync(cached(packages))) return false;
  const found = (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, 'mmdebstrap'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return found ? false : 'mmdebstrap is not installed';
}

/** The path of a tar of a small real Debian with some packages. */
export function debianRootfs(packages: readonly string[] = []): string {
  const file = cached(packages);
  if (existsSync(file)) return file;
  mkdirSync(dirname(file), { recursive: true });
  const making = `${file}.${process.pid}.tar`;
  const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  execFileSync('mmdebstrap', ['--variant=essential', ...include, 'bookworm', making], { stdio: ['ignore', 'ignore', 'pipe'] });
  renameSync(making, file);
  return file;
}
