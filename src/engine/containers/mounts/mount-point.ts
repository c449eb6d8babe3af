import { rmdirSync, unlinkSync } from 'node:fs';
import { errnoOf } from '../../../base/errors.ts';

/** Removes the empty directory or file that something was mounted on. Missing is done; what is in use or holds something stays. */
export function removeMountPoint(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') unlinkSync(path);
    else if (!['ENOENT', 'ENOTEMPTY', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error;
  }
}
