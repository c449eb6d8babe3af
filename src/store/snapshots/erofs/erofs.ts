import { mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf } from '../../../base/errors.ts';
import { mount, mountFlags, mounts, unmount } from '../../../host/mount.ts';
import { directoriesForm } from '../directories.ts';
import type { LayerForm } from '../layer-form.ts';
import { LayerSnapshotter } from '../layer-snapshotter.ts';
import { ExtractionWorkers } from '../workers.ts';
import { indexName, tarName } from './index-job.ts';
import { notIndexable } from './sparse-data.ts';

/**
 * The form that is never unpacked: the tar, and an index that the kernel mounts read-only. Needs a kernel that mounts EROFS from a
 * file (Linux 6.12). A layer stays mounted below `mountsDirectory` until it is removed or the daemon ends, so that all its containers
 * share one page cache.
 */
export function erofsForm(workers: ExtractionWorkers, mountsDirectory: string): LayerForm {
  const directories = directoriesForm(workers);
  mkdirSync(mountsDirectory, { recursive: true, mode: 0o700 });
  const shown = new Set(mounts().map(({ target }) => target).filter((target) => target.startsWith(`${mountsDirectory}/`)));
  return {
    kind: 'erofs',
    make: async (folder, layer, options) => {
      try {
        return await workers.index({ source: layer, folder, ...options });
      } catch (error) {
        if (errnoOf((error as Error).cause) !== notIndexable) throw error;
        const made = await directories.make(folder, { file: join(folder, tarName) }, options);
        rmSync(join(folder, tarName));
        return { ...made, form: directories.kind };
      }
    },
    inherit: (folder, from) => workers.inherit({ form: 'erofs', folder, ...from }),
    content: [tarName, indexName],
    show: (folder) => {
      const target = join(mountsDirectory, basename(folder));
      if (shown.has(target)) return target;
      mkdirSync(target, { recursive: true });
      mountIndex(folder, target);
      shown.add(target);
      return target;
    },
    hide: (folder) => {
      const target = join(mountsDirectory, basename(folder));
      if (!shown.delete(target)) return;
      unmount(target, { lazy: true });
      removeEmpty(target);
    },
    usage: (folder) => statSync(join(folder, tarName)).size + statSync(join(folder, indexName)).size,
  };
}

export function mountIndex(folder: string, target: string): void {
  mount(join(folder, indexName), target, { type: 'erofs', flags: mountFlags.readOnly, data: `device=${join(folder, tarName)}` });
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

export interface ErofsSnapshotterOptions {
  directory: string;
  /** On /run: where layers are mounted. */
  mountsDirectory: string;
  workers?: ExtractionWorkers;
  maxLayerBytes?: number;
}

/** A snapshotter that unpacks nothing, and still shows layers that were extracted before. */
export function openErofsSnapshotter({ workers = new ExtractionWorkers(), mountsDirectory, ...options }: ErofsSnapshotterOptions): LayerSnapshotter {
  return new LayerSnapshotter({ ...options, workers, forms: [erofsForm(workers, mountsDirectory), directoriesForm(workers)] });
}
