import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerForm } from './layer-form.ts';
import { LayerSnapshotter } from './layer-snapshotter.ts';
import { ExtractionWorkers } from './workers.ts';

/** The form that every kernel can: each layer extracted, `fs/` is the tree. */
export function directoriesForm(workers: ExtractionWorkers): LayerForm {
  return {
    kind: 'directories',
    make: (folder, layer, options) => {
      mkdirSync(join(folder, 'fs'), { mode: 0o755 });
      return workers.extract({ source: layer, directory: join(folder, 'fs'), whiteouts: 'overlay', sync: false, ...options });
    },
    inherit: (folder, from) => workers.inherit({ form: 'directories', folder: join(folder, 'fs'), ...from }),
    content: 'tree',
    show: (folder) => join(folder, 'fs'),
    hide: () => {},
    usage: (_folder, unpackedBytes) => unpackedBytes,
  };
}

export interface DirectorySnapshotterOptions {
  directory: string;
  workers?: ExtractionWorkers;
  maxLayerBytes?: number;
}

/** A snapshotter that extracts every layer. */
export function openDirectorySnapshotter({ workers = new ExtractionWorkers(), ...options }: DirectorySnapshotterOptions): LayerSnapshotter {
  return new LayerSnapshotter({ ...options, workers, forms: [directoriesForm(workers)] });
}
