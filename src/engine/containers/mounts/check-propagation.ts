import { realpathSync } from 'node:fs';
import { GantryError } from '../../../base/errors.ts';
import { mountOf, mounts as hostMounts, type MountInfo } from '../../../host/mount-info.ts';
import type { MountPoint } from '../record.ts';

/**
 * Propagation works only where the host's own mount takes part in it.
 * @throws invalid with Docker's sentence for a source that lies on a mount which does not
 */
export function checkPropagation(mounts: readonly MountPoint[], all?: MountInfo[]): void {
  for (const mount of mounts) {
    const kind = /^r?(shared|slave)$/.exec(mount.propagation)?.[1];
    if (mount.type !== 'bind' || kind === undefined) continue;
    const on = mountOf(realpathSync(mount.source), all ??= hostMounts());
    const peers = on?.propagation ?? [];
    const fits = peers.some((tag) => tag.startsWith('shared:') || (kind === 'slave' && tag.startsWith('master:')));
    if (!fits) throw new GantryError('invalid', `path ${mount.source} is mounted on ${on?.target ?? '/'} but it is not a ${kind === 'shared' ? 'shared' : 'shared or slave'} mount`);
  }
}
