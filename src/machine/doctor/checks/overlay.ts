import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../base/errors.ts';
import { mountOverlay, unmount } from '../../../host/mount.ts';
import { finding, ok, type Finding } from '../check.ts';

/** Mounts an overlay where containers will have theirs: not every filesystem can carry one. @param folder exists and is writable */
export function overlayFinding(folder: string): Finding {
  const trial = mkdtempSync(join(folder, '.doctor-'));
  try {
    const [lower, upper, work, target] = ['lower', 'upper', 'work', 'target'].map((name) => join(trial, name)) as [string, string, string, string];
    for (const each of [lower, upper, work, target]) mkdirSync(each);
    mountOverlay({ lower: [lower], upper, work, target });
    unmount(target);
    return ok('overlay', `mounts on ${folder}`);
  } catch (error) {
    return finding('overlay', 'fail', `cannot be mounted on ${folder}: ${messageOf(error)}`, "Give 'gantry daemon' a --root on ext4, xfs or btrfs, with a kernel that has overlayfs.");
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}
