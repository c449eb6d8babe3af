import type { KeyedLocks } from '../../base/locks.ts';
import type { ExtractionWorkers } from '../../store/snapshots/workers.ts';
import type { EventBus } from '../events/bus.ts';
import type { LocalVolumes } from './local-volumes.ts';
import type { VolumeMounts } from './volume-mounts.ts';

/** What the verbs of volumes stand on. */
export interface VolumeDeps {
  volumes: LocalVolumes;
  mounts: VolumeMounts;
  workers: Pick<ExtractionWorkers, 'extract' | 'copyTree'>;
  locks: KeyedLocks;
  events: EventBus;
  /** Ids of containers that have a volume, running or not. */
  usersOf: (name: string) => string[];
}
