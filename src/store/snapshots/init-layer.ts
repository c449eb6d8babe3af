import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';

const directories = ['dev', 'dev/pts', 'dev/shm', 'proc', 'sys', 'etc'];
/** Places where files of the engine are mounted; `.dockerenv` is how programs tell that they run in a container. */
const emptyFiles = ['.dockerenv', 'dev/console', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];

/**
 * A layer between every image and its containers: the places that the runtime mounts on. It is one for all, so a container's own layer
 * holds only what the container wrote, and an image whose /dev, /proc or /sys is a link is overruled.
 */
export function makeInitLayer(directory: string): string {
  for (const name of directories) mkdirSync(join(directory, name), { recursive: true, mode: 0o755 });
  for (const name of emptyFiles) writeFileSync(join(directory, name), '', { mode: 0o755, flag: 'a' });
  try {
    symlinkSync('/proc/mounts', join(directory, 'etc/mtab'));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  for (const name of [...directories.toReversed(), '.']) {
    chmodSync(join(directory, name), 0o755);
    utimesSync(join(directory, name), 0, 0);
  }
  return directory;
}
