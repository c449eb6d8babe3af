import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface HostDeviceNode { path: string; type: 'c' | 'b'; major: number; minor: number; fileMode: number; uid: number; gid: number }

/** Kept from containers, as by Docker: they get their own, or the node is no device of its own. */
const leftOut = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev', 'console']);

/**
 * Device nodes of the host's /dev, and those at or below `extra` paths. A path that is a symbolic link is given under its own
 * name with what it leads to. What disappears meanwhile is left out.
 */
export function hostDevices(extra: readonly string[] = [], directory = '/dev'): HostDeviceNode[] {
  const found = [...below(directory, leftOut), ...extra.flatMap((path) => [...at(path, true), ...below(path, new Set())])];
  return [...new Map(found.map((device) => [device.path, device])).values()];
}

function below(directory: string, without: Set<string>): HostDeviceNode[] {
  return quietly(() => readdirSync(realpathSync(directory), { withFileTypes: true })).flatMap((entry) => {
    if (without.has(entry.name)) return [];
    const path = join(directory, entry.name);
    return entry.isDirectory() ? below(path, without) : at(path, false);
  });
}

function at(path: string, follow: boolean): HostDeviceNode[] {
  return quietly(() => {
    const status = follow ? statSync(path) : lstatSync(path);
    const type = status.isCharacterDevice() ? 'c' : status.isBlockDevice() ? 'b' : undefined;
    if (type === undefined) return [];
    return [{ path, type, ...deviceNumbers(status.rdev), fileMode: status.mode & 0o777, uid: status.uid, gid: status.gid }];
  });
}

/** Linux's `dev_t`: twelve bits of major between twenty of minor, each with more bits above. */
export function deviceNumbers(rdev: number): { major: number; minor: number } {
  const value = BigInt(rdev);
  return {
    major: Number(((value >> 8n) & 0xfffn) | ((value >> 32n) & 0xfffff000n)),
    minor: Number((value & 0xffn) | ((value >> 12n) & 0xffffff00n)),
  };
}

function quietly<T>(act: () => T[]): T[] {
  try {
    return act();
  } catch {
    return [];
  }
}
