import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { openDirectorySnapshotter } from '../store/snapshots/directories.ts';
import { openErofsSnapshotter } from '../store/snapshots/erofs/erofs.ts';
import { canMountIndexes } from '../store/snapshots/erofs/probe.ts';
import type { LayerSnapshotter } from '../store/snapshots/layer-snapshotter.ts';
import type { DaemonConfig } from './config.ts';

/** Layers as EROFS where the kernel mounts it from files, else as directories; the two live in folders of their own. */
export function openSnapshots(config: DaemonConfig, log: Log): LayerSnapshotter {
  const kind = config.snapshotter ?? (canMountIndexes(config.root) ? 'erofs' : 'directories');
  log.debug('layers are kept', { snapshotter: kind });
  const directory = join(config.root, 'snapshots', kind);
  return kind === 'erofs' ? openErofsSnapshotter({ directory, mountsDirectory: join(config.run, 'layers') }) : openDirectorySnapshotter({ directory });
}
