import { statSync, statfsSync } from 'node:fs';
import { GantryError } from '../../../base/errors.ts';
import { resolveInside } from '../../../host/resolve-inside.ts';
import type { ResolvedMount } from '../../../runtime/spec/spec-input.ts';

/** Files that say what the machine is: people show their own, lxcfs for one. */
const replaceable = new Set([
  '/proc/cpuinfo', '/proc/diskstats', '/proc/loadavg', '/proc/meminfo', '/proc/net/dev', '/proc/slabinfo', '/proc/stat', '/proc/swaps', '/proc/uptime',
  '/proc/sys/crypto/fips_enabled', '/proc/sys/kernel/ns_last_pid',
]);
const procMagic = 0x9fa0;

/**
 * What the kernel says in /proc is how a container is confined, and how its processes ask for it: nothing of another kind may take its place,
 * whatever links of the image lead there. crun mounts there what it is told; runc refuses in these words.
 * @throws invalid
 */
export function checkPlaces(rootfs: string, mounts: readonly ResolvedMount[]): void {
  for (const mount of mounts) {
    const place = resolveInside(rootfs, mount.target);
    const refuse = (why: string): GantryError =>
      new GantryError('invalid', `error mounting ${JSON.stringify(mount.source ?? mount.type)} to rootfs at ${JSON.stringify(mount.target)}: ${JSON.stringify(place)} cannot be mounted because it is ${why}`);
    if (place === '/') throw refuse('the root');
    if (place === '/proc' && !isProc(mount)) throw refuse('not of type proc');
    if (place.startsWith('/proc/') && !replaceable.has(place)) throw refuse('inside /proc');
  }
}

/** Of /proc itself only the whole: a directory below it, of the same filesystem, is none. */
function isProc({ type, source }: ResolvedMount): boolean {
  return type === 'bind' && source !== undefined && statfsSync(source).type === procMagic && statSync(source).ino === 1;
}
