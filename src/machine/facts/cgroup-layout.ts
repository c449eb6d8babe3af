import type { MountInfo } from '../../host/mount-info.ts';

/** How this host mounts control groups, and what is missing for containers. */
export interface CgroupLayout {
  /** `v2`: /sys/fs/cgroup is the unified hierarchy. `v1`: one mount a controller. `none`: nothing is mounted. */
  version: 'v1' | 'v2' | 'none';
  /** Controllers that containers can be limited with. */
  controllers: string[];
  /** v1 controllers that the kernel has and nobody mounted, though containers need them. */
  unmounted: string[];
  /** Where they are mounted read-only, as in containers: no group can be made there. */
  readOnly: string[];
}

/** Controllers that Docker's limits are made of. */
const needed = ['cpuset', 'cpu', 'cpuacct', 'blkio', 'memory', 'devices', 'freezer', 'pids'];

/**
 * @param procCgroups text of /proc/cgroups
 * @param unifiedControllers text of cgroup.controllers of the v2 hierarchy, wherever it is mounted; '' when it is not
 */
export function cgroupLayout(mounts: MountInfo[], procCgroups: string, unifiedControllers: string): CgroupLayout {
  const unified = words(unifiedControllers);
  const readOnly = mounts.filter((mount) => mount.type.startsWith('cgroup') && mount.target.startsWith('/sys/fs/cgroup') && mount.options.includes('ro')).map(({ target }) => target);
  if (mounts.some((mount) => mount.type === 'cgroup2' && mount.target === '/sys/fs/cgroup')) {
    return { version: 'v2', controllers: unified, unmounted: [], readOnly };
  }
  const mounted = new Set(mounts.filter((mount) => mount.type === 'cgroup').flatMap((mount) => mount.superOptions));
  const enabled = procCgroups.split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t') as [string, string, string, string])
    .filter(([, , , on]) => on === '1')
    .map(([name]) => name);
  const controllers = enabled.filter((name) => mounted.has(name));
  if (controllers.length === 0) return { version: 'none', controllers: [], unmounted: [], readOnly };
  // A controller left to the v2 hierarchy beside v1 mounts makes crun 1.8 refuse the whole host.
  const unmounted = enabled.filter((name) => !mounted.has(name) && (needed.includes(name) || unified.includes(name)));
  return { version: 'v1', controllers, unmounted, readOnly };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
