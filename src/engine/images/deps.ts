import type { Log } from '../../base/log.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { CollectorOptions } from '../../store/collect/collect.ts';
import type { EventBus } from '../events/bus.ts';
import type { RegistryPort } from './registry-port.ts';

/** What the verbs of images stand on. */
export interface ImageDeps extends CollectorOptions {
  events: Pick<EventBus, 'publish'>;
  /** Containers made from an image; told by engine/containers. */
  imageUsers: (imageId: Digest) => ImageUser[];
  /** How many containers each image has: for lists, which would ask for one after the other. */
  imageUseCounts: () => ReadonlyMap<Digest, number>;
  /** What this machine runs. */
  host: Platform;
  /** An archive on disk that `pull` of this name loads without a network; absent when set-up has not made it. */
  embeddedImage?: { reference: string; path: string };
  registry?: RegistryPort;
  log: Log;
}

export interface ImageUser { containerId: string; running: boolean }
