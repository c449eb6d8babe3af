import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unmount } from '../../../host/mount.ts';
import { mountIndex } from './erofs.ts';
import { blockBytes, modeType } from './format.ts';
import { indexName, tarName } from './index-job.ts';
import { IndexNode } from './node.ts';
import { writeIndex } from './write-index.ts';

/** Whether this kernel mounts EROFS from a file with a second file as device, found out by doing it in `directory`. */
export function canMountIndexes(directory: string): boolean {
  const folder = mkdtempSync(join(directory, 'probe-'));
  try {
    const root = new IndexNode(modeType.directory | 0o755, new Map());
    writeFileSync(join(folder, tarName), Buffer.alloc(2 * blockBytes));
    writeFileSync(join(folder, indexName), writeIndex(root, 2 * blockBytes));
    const target = join(folder, 'target');
    mkdirSync(target);
    mountIndex(folder, target);
    unmount(target, { lazy: true });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
