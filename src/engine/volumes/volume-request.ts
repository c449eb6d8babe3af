import { GantryError, isGantryError } from '../../base/errors.ts';
import type { VolumeRecord } from '../../store/records.ts';
import { checkVolumeOptions } from './options.ts';

export interface VolumeRequest { name?: string; driver?: string; options?: Record<string, string>; labels?: Record<string, string> }

/** Docker marks a volume that was made for one container by this label. */
const anonymousLabel = 'com.docker.volume.anonymous';

/** @throws invalid, or notFound for a driver that there is not */
export function checkVolumeRequest(request: VolumeRequest): void {
  const { name = '' } = request;
  if (name !== '') checkVolumeName(name);
  if (request.driver && request.driver !== 'local') {
    throw new GantryError('notFound', `create ${name}: error looking up volume plugin ${request.driver}: plugin "${request.driver}" not found`);
  }
  try {
    checkVolumeOptions(request.options ?? {});
  } catch (error) {
    throw isGantryError(error) ? new GantryError(error.kind, `create ${name}: ${error.message}`, { cause: error }) : error;
  }
}

export function checkVolumeName(name: string): void {
  if (Buffer.byteLength(name) === 1) throw new GantryError('invalid', `create ${name}: volume name is too short, names should be at least two alphanumeric characters`);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    throw new GantryError('invalid', `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`);
  }
  if (name.length > 255) throw new GantryError('invalid', `create ${name.slice(0, 40)}…: volume name is too long, at most 255 characters`);
}

/**
 * The same name means the same volume. Docker ignores options that say something else; here they are refused, since the caller would
 * believe in a tmpfs and get a directory. @throws conflict
 */
export function checkSameVolume(known: VolumeRecord, { driver, options }: VolumeRequest): void {
  if (driver && known.driver !== driver) {
    throw new GantryError('conflict', `a volume named "${known.name}" already exists with the ${known.driver} driver. Choose a different volume name`);
  }
  if (options === undefined || Object.keys(options).length === 0) return;
  const keys = new Set([...Object.keys(options), ...Object.keys(known.options)]);
  const differs = [...keys].find((key) => options[key] !== known.options[key]);
  if (differs !== undefined) {
    throw new GantryError('conflict', `create ${known.name}: a volume named "${known.name}" already exists with another value of option "${differs}". Choose a different volume name`);
  }
}

/** Labels as clients see them; undefined when nobody said anything of them. */
export function labelsOf(volume: VolumeRecord): Record<string, string> | undefined {
  return volume.anonymous ? { [anonymousLabel]: '', ...volume.labels } : volume.labels;
}
