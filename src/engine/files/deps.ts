import type { Readable } from 'node:stream';
import type { KeyedLocks } from '../../base/locks.ts';
import type { ContainerLayers } from '../../store/snapshots/container-layers.ts';
import type { Snapshotter } from '../../store/snapshots/snapshotter.ts';
import type { ExtractionWorkers } from '../../store/snapshots/workers.ts';
import type { ContainerCatalog } from '../containers/catalog.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { MountStaging } from '../containers/mounts/staging.ts';
import type { CgroupControl } from '../containers/deps.ts';
import type { RootFilesystems } from '../containers/ports.ts';
import type { EventBus } from '../events/bus.ts';
import type { LayeredImage } from '../images/commit-layer.ts';
import type { Digest } from '../../oci/digest.ts';

/** What the verbs of files stand on. */
export interface FileDeps {
  catalog: Pick<ContainerCatalog, 'find'>;
  rootfs: Pick<RootFilesystems, 'mount'>;
  /** By container id. */
  locks: KeyedLocks;
  staging: Pick<MountStaging, 'stage' | 'show'>;
  layers: Pick<ContainerLayers, 'paths'>;
  /** Holds what is generated for a container's /etc. */
  containersDirectory: string;
  /** Lies between the image and the container. */
  initLayer: string;
  snapshots: Pick<Snapshotter, 'acquire'>;
  workers: Pick<ExtractionWorkers, 'extract'>;
  cgroups: Pick<CgroupControl, 'freeze' | 'thaw'>;
  cgroupPathOf: (record: ContainerRecord) => string;
  events: EventBus;
  /** Makes an image of a layer's tar on top of another image. */
  commitLayer: (tar: Readable, image: LayeredImage) => Promise<Digest>;
}
