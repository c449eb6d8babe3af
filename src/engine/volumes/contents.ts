import { closeSync, openSync } from 'node:fs';
import { GantryError } from '../../base/errors.ts';
import { O_CLOEXEC, O_DIRECTORY } from '../../host/files.ts';
import { packTree } from '../../host/pack-tree.ts';
import { streamOf } from '../files/stream-of.ts';
import type { VolumeDeps } from './deps.ts';
import { detailsOf, find, publish } from './details.ts';
import type { VolumeVerbs } from './verbs.ts';

/** The contents of whole volumes: what Docker leaves to a container with tar in it. */
export function cloneVerb(deps: VolumeDeps): VolumeVerbs['clone'] {
  return async (name, { name: to, labels, signal }) => {
    find(deps, name);
    await using source = await deps.mounts.hold(name);
    signal.throwIfAborted();
    const made = await deps.volumes.make({ name: to, ...(labels && { labels }) }, (path) => deps.workers.copyTree(source.path, path));
    publish(deps, 'create', made.volume);
    return detailsOf(deps, made.volume);
  };
}

export function exportVerb(deps: VolumeDeps): VolumeVerbs['export'] {
  return async (name, signal) => {
    find(deps, name);
    await using held = new AsyncDisposableStack();
    const { path } = held.use(await deps.mounts.hold(name));
    const directory = openSync(path, O_DIRECTORY | O_CLOEXEC);
    held.defer(() => closeSync(directory));
    // The top is part of it: a volume's owner and mode are what its program expects.
    return streamOf(packTree({ directory, entry: '.', name: '.', whiteouts: 'none', signal }), held.move());
  };
}

export function importVerb(deps: VolumeDeps): VolumeVerbs['import'] {
  return async (name, tar, { labels, signal }) => {
    const made = await deps.volumes.make({ name, ...(labels && { labels }) }, async (directory) => {
      await deps.workers.extract({ source: tar, directory, whiteouts: 'none', sync: true, signal });
    });
    publish(deps, 'create', made.volume);
    return detailsOf(deps, made.volume);
  };
}

export function renameVerb(deps: VolumeDeps): VolumeVerbs['rename'] {
  return async (name, to) => {
    find(deps, name);
    const users = deps.usersOf(name);
    if (users.length > 0) throw new GantryError('conflict', `rename ${name}: volume is in use - [${users.join(', ')}]`);
    if (deps.mounts.isHeld(name)) throw new GantryError('conflict', `rename ${name}: volume is in use`);
    const volume = deps.volumes.rename(name, to);
    publish(deps, 'rename', volume, { oldName: name });
    return detailsOf(deps, volume);
  };
}
