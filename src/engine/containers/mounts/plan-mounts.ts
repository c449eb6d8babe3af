import { posix } from 'node:path';
import { GantryError } from '../../../base/errors.ts';
import type { ContainerConfig, HostConfig } from '../../../oci/container.ts';
import type { MountPoint } from '../record.ts';
import { checkTarget, parseBind, parseMode } from './parse-bind.ts';
import { parseMount } from './parse-mount.ts';
import type { PlannedMount } from './planned-mount.ts';
import { parseTmpfsOptions } from './tmpfs.ts';

export interface MountPlanInput {
  config: ContainerConfig;
  hostConfig: HostConfig;
  exists: (path: string) => boolean;
  /** Whether the kernel can make all mounts below a place read-only (Linux 5.12). Without it read-only means the topmost one, unless more was asked for. */
  recursiveReadOnly: boolean;
  /** Mounts of the container that `--volumes-from` names. @throws notFound */
  mountsOf: (container: string) => readonly MountPoint[];
}

/**
 * All mounts of a container, one a destination, parents before children. `--volumes-from` gives way to `-v`, `--mount` and
 * `--tmpfs`, which must not name one place twice; a volume the image declares is made only where nothing else is mounted.
 */
export function planMounts(input: MountPlanInput): PlannedMount[] {
  const { config, hostConfig } = input;
  const planned = new Map<string, PlannedMount>();
  for (const from of hostConfig.volumesFrom ?? []) {
    for (const mount of inherit(from, input.mountsOf)) planned.set(mount.destination, mount);
  }
  const asked = [
    ...(hostConfig.binds ?? []).map((raw) => withinKernel(parseBind(raw, hostConfig.volumeDriver), input)),
    ...(hostConfig.mounts ?? []).map((request) => withinKernel(parseMount(request, input.exists), input, request.bindOptions?.readOnlyForceRecursive)),
    ...Object.entries(hostConfig.tmpfs ?? {}).map(([target, options]) => tmpfs(target, options)),
  ];
  const named = new Set<string>();
  for (const mount of asked) {
    if (named.has(mount.destination)) throw new GantryError('invalid', `Duplicate mount point: ${mount.destination}`);
    named.add(mount.destination);
    planned.set(mount.destination, mount);
  }
  for (const path of Object.keys(config.volumes ?? {})) {
    // An image may name it without the slash, and so may a person who has forgotten the name before it.
    const destination = checkTarget(posix.join('/', path));
    if (planned.has(destination)) continue;
    planned.set(destination, { type: 'volume', destination, mode: '', readOnly: false, copyUp: true, ...(hostConfig.volumeDriver ? { driver: hostConfig.volumeDriver } : {}) });
  }
  return [...planned.values()].sort((a, b) => depth(a.destination) - depth(b.destination));
}

function withinKernel(mount: PlannedMount, { recursiveReadOnly }: MountPlanInput, forced = false): PlannedMount {
  if (mount.type !== 'bind' || !mount.recursiveReadOnly || recursiveReadOnly) return mount;
  if (forced) throw new GantryError('invalid', `invalid mount config for type "bind": BindOptions.ReadOnlyForceRecursive: recursive read-only mounts need Linux 5.12 or newer`);
  return { ...mount, recursiveReadOnly: false };
}

const depth = (path: string): number => path.split('/').length;

function tmpfs(target: string, text: string): PlannedMount {
  if (target === '') throw new GantryError('invalid', "invalid mount path: '' mount path must be absolute");
  const options = parseTmpfsOptions(text);
  return { type: 'tmpfs', destination: checkTarget(target), mode: text, readOnly: options.includes('ro'), options };
}

function inherit(from: string, mountsOf: MountPlanInput['mountsOf']): PlannedMount[] {
  if (from === '') throw new GantryError('invalid', 'volumes-from specification cannot be an empty string');
  const at = from.indexOf(':');
  const [container, mode] = at === -1 ? [from, 'rw'] : [from.slice(0, at), from.slice(at + 1)];
  const options = parseMode(mode);
  if (options === undefined || options.propagation !== undefined || !options.copyUp) throw new GantryError('invalid', `invalid mode: ${mode}`);
  return mountsOf(container).flatMap((mount) => {
    const placed = { destination: mount.destination, mode: '', readOnly: !mount.rw || options.readOnly };
    if (mount.type === 'volume') {
      return [{ ...placed, type: 'volume', name: mount.name, driver: mount.driver, copyUp: false, ...(mount.subpath === undefined ? {} : { subpath: mount.subpath }) } as PlannedMount];
    }
    if (mount.type !== 'bind') return [];
    const recursive = mount.resolved.recursive;
    return [{ ...placed, type: 'bind', source: mount.source, propagation: mount.propagation, recursive, recursiveReadOnly: placed.readOnly && recursive, createSource: false } as PlannedMount];
  });
}
