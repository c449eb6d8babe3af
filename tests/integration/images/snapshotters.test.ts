import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canMountIndexes } from '../../../src/store/snapshots/erofs/probe.ts';
import { openErofsSnapshotter } from '../../../src/store/snapshots/erofs/erofs.ts';
import type { LayerSnapshotter } from '../../../src/store/snapshots/layer-snapshotter.ts';
import { openDirectorySnapshotter } from '../../../src/store/snapshots/directories.ts';
import { snapshotterContract, type OpenedSnapshotter } from '../../../src/store/snapshots/snapshotter-contract.ts';

function inNewDirectory(open: (directory: string) => LayerSnapshotter): OpenedSnapshotter {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-snapshots-'));
  const opened = [open(directory)];
  return {
    snapshotter: opened[0] as LayerSnapshotter,
    again: async () => {
      opened.push(open(directory));
      return opened.at(-1) as LayerSnapshotter;
    },
    leftovers: () => ['new', 'trash'].flatMap((name) => readdirSync(join(directory, name))),
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

snapshotterContract('directories', () => inNewDirectory((directory) => openDirectorySnapshotter({ directory })));
if (canMountIndexes(tmpdir())) {
  snapshotterContract('erofs', () => inNewDirectory((directory) => openErofsSnapshotter({ directory, mountsDirectory: join(directory, 'mounted') })));
}
