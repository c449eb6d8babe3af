import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { mounts } from '../../host/mount-info.ts';
import { cgroupLayout, type CgroupLayout } from './cgroup-layout.ts';

/** What set-up and doctor look at first; everything is read from files, nothing is changed. */
export interface HostFacts {
  root: boolean;
  /** `major.minor` and the whole text of the kernel's release. */
  kernel: { major: number; minor: number; text: string };
  /** ID and ID_LIKE of /etc/os-release: `debian`, `ubuntu`, `fedora` … */
  families: string[];
  filesystems: string[];
  cgroups: CgroupLayout;
}

export function readHostFacts(): HostFacts {
  const text = release();
  const [major = 0, minor = 0] = text.split('.').map((part) => parseInt(part, 10));
  return {
    root: process.geteuid?.() === 0,
    kernel: { major, minor, text },
    families: families(textOf('/etc/os-release')),
    filesystems: textOf('/proc/filesystems').split('\n').map((line) => line.split('\t')[1] ?? '').filter((name) => name !== ''),
    cgroups: readCgroupLayout(),
  };
}

export function readCgroupLayout(): CgroupLayout {
  const all = mounts();
  const unified = all.find((mount) => mount.type === 'cgroup2');
  return cgroupLayout(all, textOf('/proc/cgroups'), unified === undefined ? '' : textOf(`${unified.target}/cgroup.controllers`));
}

/** Source: os-release(5). */
export function families(osRelease: string): string[] {
  return osRelease.split('\n')
    .map((line) => /^(?:ID|ID_LIKE)=["']?([^"']*)["']?$/.exec(line)?.[1])
    .flatMap((value) => value?.split(' ') ?? [])
    .filter((name) => name !== '');
}

/** The text of a file, '' when it cannot be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The folder itself, or its nearest parent that exists. */
export function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

/** How many more files the filesystem of `path` takes; Infinity where it has no such limit. */
export function freeInodes(path: string): number {
  const { files, ffree } = statfsSync(nearestFolder(path));
  return files === 0 ? Infinity : ffree;
}

/** Free bytes for unprivileged writers on the filesystem that holds, or will hold, `path`. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(nearestFolder(path));
  return bavail * bsize;
}
