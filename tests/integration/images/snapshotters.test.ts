import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayerSnapshotter } from '../../../src/store/snapshots/layer-snapshotter.ts';
import { openDirectorySnapshotter } from '../../../src/store/snapshots/directories.ts';
import { snapshotterContract } from '../../../src/store/snapshots/snapshotter-contract.ts';

snapshotterContract('directories', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-snapshots-'));
  const opened: LayerSnapshotter[] = [openDirectorySnapshotter({ directory })];
  return {
    snapshotter: opened[0] as LayerSnapshotter,
    again: async () => {
      opened.push(openDirectorySnapshotter({ directory }));
      return opened.at(-1) as LayerSnapshotter;
    },
    leftovers: () => ['new', 'trash'].flatMap((name) => readdirSync(join(directory, name))),
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
});
