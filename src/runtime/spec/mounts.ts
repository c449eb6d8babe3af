import type { ResolvedMount, SpecInput } from './spec-input.ts';

export interface OciMount { destination: string; type: string; source: string; options: string[] }

/** 64 MiB, as Docker's. */
export const defaultShmBytes = 64 * 1024 * 1024;
/** Where `--init` puts the init; Docker's path, which images and tools know. */
export const initTarget = '/sbin/docker-init';

/** Everything that is mounted, in order. A person's mount replaces the default one at the same place. */
export function mountsOf(input: SpecInput, options: { writableCgroups: boolean | undefined }): OciMount[] {
  const asked = new Set(input.mounts.map(({ target }) => target));
  const defaults = defaultMounts(input, options.writableCgroups).filter(({ destination }) => !asked.has(destination));
  return [...defaults, ...input.mounts.map(toOci), ...initMount(input)];
}

function defaultMounts(input: SpecInput, writableCgroups: boolean | undefined): OciMount[] {
  const privileged = input.host.privileged === true;
  const sys = privileged ? 'rw' : 'ro';
  const cgroup = writableCgroups ?? privileged ? 'rw' : 'ro';
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'] },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', sys] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [cgroup, 'nosuid', 'noexec', 'nodev'] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    ...sharedMemory(input),
  ];
}

/** One that shares its IPC namespace shares /dev/shm too; `none` has neither. */
function sharedMemory(input: SpecInput): OciMount[] {
  const bind = (source: string): OciMount => ({ destination: '/dev/shm', type: 'bind', source, options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev'] });
  if (input.ipcNamespace === 'none') return [];
  if (input.ipcNamespace === 'host') return [bind('/dev/shm')];
  if (input.ipcNamespace !== 'private') return [bind(input.ipcNamespace.shmPath)];
  const bytes = input.host.shmSize === undefined || input.host.shmSize === 0 ? defaultShmBytes : input.host.shmSize;
  return [{ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${bytes}`] }];
}

function toOci(mount: ResolvedMount): OciMount {
  if (mount.type === 'tmpfs') {
    return { destination: mount.target, type: 'tmpfs', source: 'tmpfs', options: tmpfsOptions(mount) };
  }
  // Not `rw`: what is bound may be read-only itself, and stays so.
  const access = mount.readOnly ? (mount.recursiveReadOnly ? ['ro', 'rro'] : ['ro']) : [];
  return {
    destination: mount.target,
    type: 'bind',
    source: mount.source ?? '',
    options: [mount.recursive ? 'rbind' : 'bind', propagationOf(mount), ...access, ...mount.options],
  };
}

/** crun takes the r of `rprivate` for the bind's own: one that is not to be recursive must not say it anywhere. */
function propagationOf({ propagation, recursive }: ResolvedMount): string {
  const wanted = propagation || 'rprivate';
  return recursive ? wanted : wanted.replace(/^r/, '');
}

/** Docker's defaults, each of which the person can say the opposite of. */
function tmpfsOptions(mount: ResolvedMount): string[] {
  const opposite: Record<string, string> = { noexec: 'exec', nosuid: 'suid', nodev: 'dev' };
  const defaults = Object.keys(opposite).filter((option) => !mount.options.includes(option) && !mount.options.includes(opposite[option]!));
  return [...defaults, ...mount.options, ...(mount.readOnly && !mount.options.includes('ro') ? ['ro'] : [])];
}

/** An init is the first process of a pid namespace: one that the container shares has its own. */
export function hasInit({ host, pidNamespace }: SpecInput): boolean {
  return host.init === true && pidNamespace === 'private';
}

function initMount(input: SpecInput): OciMount[] {
  if (!hasInit(input) || input.facts.initPath === undefined) return [];
  return [{ destination: initTarget, type: 'bind', source: input.facts.initPath, options: ['bind', 'ro'] }];
}
