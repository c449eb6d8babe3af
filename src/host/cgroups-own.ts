import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMounts } from './cgroups.ts';

/**
 * Moves this process to a cgroup of its own in the hierarchies by which a service manager finds a service's processes (version 2, and
 * systemd's named one beside version 1): stopping the daemon's service then does not kill it. Limits of version 1 controllers stay as they
 * are. Returns what undoes it. Where that is not allowed, nothing happens.
 */
export function joinOwnCgroup(path: string): () => void {
  const mounts = cgroupMounts();
  const managed = mounts.filter(({ version, controllers }) => version === 2 || controllers.includes('name=systemd'));
  const joined = managed.filter(({ mountPoint }) => quietly(() => {
    mkdirSync(join(mountPoint, path), { recursive: true });
    writeFileSync(join(mountPoint, path, 'cgroup.procs'), String(process.pid));
  }));
  return () => {
    for (const { mountPoint } of joined) {
      quietly(() => writeFileSync(join(mountPoint, 'cgroup.procs'), String(process.pid)));
      quietly(() => rmdirSync(join(mountPoint, path)));
    }
  };
}

function quietly(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
