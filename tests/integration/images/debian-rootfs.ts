import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../../.cache/debian-rootfs.tar', import.meta.url));

/** False when a Debian root filesystem can be made here or is there already; otherwise why a test skips. */
export function missingMmdebstrap(): string | false {
  if (existsSync(cache)) return false;
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

/** The path of a tar of a small real Debian, made once a machine (about 15 s) and kept out of the repository. */
export function debianRootfs(): string {
  if (existsSync(cache)) return cache;
  mkdirSync(dirname(cache), { recursive: true });
  const making = `${cache}.${process.pid}.tar`;
  execFileSync('mmdebstrap', ['--variant=essential', 'bookworm', making], { stdio: ['ignore', 'ignore', 'pipe'] });
  renameSync(making, cache);
  return cache;
}
