import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { unmount } from '../../host/mount.ts';

/** Takes a container's bundle and what is mounted in it away. */
export function removeBundle(bundle: string): void {
  unmount(join(bundle, 'shm'), { lazy: true });
  rmSync(bundle, { recursive: true, force: true });
}
