import { readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../base/errors.ts';
import { mountTable } from './mount-info.ts';
import { sendSignal } from './processes.ts';

/**
 * Control groups, version 1 (a hierarchy per controller) and 2 (one for all), in one place. A container has one path, such as
 * `/gantry-ab12/<id>`, below every hierarchy.
 */
export interface CgroupMount {
  version: 1 | 2;
  mountPoint: string;
  /** Of version 1: `memory`, or `cpu` and `cpuacct` together; `name=systemd` for a named one. Empty for version 2. */
  controllers: string[];
}

/** Every mounted hierarchy, read from the kernel. */
export function cgroupMounts(mountInfo = mountTable()): CgroupMount[] {
  return mountInfo.split('\n').flatMap((line): CgroupMount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const mountPoint = before.split(' ')[4]?.replace(/\\040/g, ' ') ?? '';
    const [type, , superOptions = ''] = after.split(' ');
    if (type === 'cgroup2') return [{ version: 2, mountPoint, controllers: [] }];
    if (type !== 'cgroup') return [];
    return [{ version: 1, mountPoint, controllers: superOptions.split(',').filter((option) => option !== 'rw' && option !== 'ro') }];
  });
}

/** 2 when the unified hierarchy is the one at /sys/fs/cgroup; a version 2 beside version 1 holds no limits. */
export function cgroupVersion(mounts: CgroupMount[]): 1 | 2 {
  return mounts.some((mount) => mount.version === 1 && mount.controllers.includes('memory')) || !mounts.some((mount) => mount.version === 2) ? 1 : 2;
}

/** Directory of a path in the hierarchy that has the controller; undefined when it is not there. */
export function cgroupDirectory(mounts: CgroupMount[], controller: string, path: string): string | undefined {
  const mount = cgroupVersion(mounts) === 2
    ? mounts.find(({ version }) => version === 2)
    : mounts.find(({ version, controllers }) => version === 1 && controllers.includes(controller));
  return mount === undefined ? undefined : join(mount.mountPoint, path);
}

/** How often the kernel killed a process for want of memory in this cgroup; 0 when that cannot be known. */
export function oomKillCount(mounts: CgroupMount[], path: string): number {
  const directory = cgroupDirectory(mounts, 'memory', path);
  if (directory === undefined) return 0;
  const text = readIfThere(join(directory, cgroupVersion(mounts) === 2 ? 'memory.events' : 'memory.oom_control'));
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Pids in this cgroup and those below it. */
export function processesIn(mounts: CgroupMount[], path: string): number[] {
  const directory = cgroupDirectory(mounts, 'devices', path) ?? cgroupDirectory(mounts, 'memory', path);
  if (directory === undefined) return [];
  return [directory, ...directoriesBelow(directory)].flatMap((each) =>
    readIfThere(join(each, 'cgroup.procs')).split('\n').filter((line) => line !== '').map(Number));
}

/** Kills everything in the cgroup. */
export function killCgroup(mounts: CgroupMount[], path: string): void {
  if (cgroupVersion(mounts) === 2) {
    const directory = cgroupDirectory(mounts, '', path);
    try {
      if (directory !== undefined) writeFileSync(join(directory, 'cgroup.kill'), '1');
      return;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' && readIfThere(join(directory ?? '', 'cgroup.procs')) === '') return;
    }
  }
  for (const pid of processesIn(mounts, path)) {
    try {
      sendSignal(pid, 9);
    } catch (error) {
      if (errnoOf(error) !== 'ESRCH') throw error;
    }
  }
}

/** Removes the path from every hierarchy, with what containers made below it. False when a process is still in it. */
export function removeCgroup(mounts: CgroupMount[], path: string): boolean {
  if (path === '' || path === '/' || path.split('/').includes('..')) throw new Error(`not a container's cgroup: ${path}`);
  let gone = true;
  for (const { mountPoint } of mounts) {
    const directory = join(mountPoint, path);
    if (removeDirectory(directory)) continue;
    for (const below of directoriesBelow(directory).reverse()) removeDirectory(below);
    if (!removeDirectory(directory)) gone = false;
  }
  return gone;
}

/** True when the process is in the cgroup at `path`: pids are used again, cgroup paths of containers are not. */
export function isProcessIn(pid: number, path: string): boolean {
  return readIfThere(`/proc/${pid}/cgroup`).split('\n').some((line) => line.split(':').slice(2).join(':') === path);
}

function removeDirectory(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return errnoOf(error) === 'ENOENT';
  }
}

/** Parents before children. */
function directoriesBelow(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => [join(path, entry.name), ...directoriesBelow(join(path, entry.name))]);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A file of a control group or of a process: '' when that has ended, also while it was read. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENODEV', 'ESRCH'].includes(errnoOf(error) ?? '')) return '';
    throw error;
  }
}
