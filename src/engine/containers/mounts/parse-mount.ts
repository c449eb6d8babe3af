import { posix } from 'node:path';
import { GantryError, messageOf } from '../../../base/errors.ts';
import type { MountRequest } from '../../../oci/container.ts';
import { checkTarget, cleanPath } from './parse-bind.ts';
import type { PlannedMount } from './planned-mount.ts';
import { tmpfsOptionsOf } from './tmpfs.ts';

const propagations = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'];

/** One entry of HostConfig.Mounts. `exists` tells whether a host path is there. @throws invalid with Docker's sentences. */
export function parseMount(request: MountRequest, exists: (path: string) => boolean): PlannedMount {
  try {
    refuseForeignOptions(request);
    const destination = checkTarget(request.target ?? '');
    switch (request.type) {
      case 'bind': return planBind(request, destination, exists);
      case 'volume': return planVolume(request, destination);
      case 'tmpfs': return planTmpfs(request, destination);
      case 'image': return planImage(request, destination);
      case 'cluster': throw refuse(`mounts of type ${request.type} are not supported by this engine`);
      default: throw refuse('mount type unknown');
    }
  } catch (cause) {
    throw new GantryError('invalid', `invalid mount config for type "${request.type ?? ''}": ${messageOf(cause)}`, { cause });
  }
}

const refuse = (message: string): GantryError => new GantryError('invalid', message);

function refuseForeignOptions(request: MountRequest): void {
  const given = { bind: ['BindOptions', request.bindOptions], volume: ['VolumeOptions', request.volumeOptions], tmpfs: ['TmpfsOptions', request.tmpfsOptions], image: ['ImageOptions', request.imageOptions] } as const;
  for (const [type, [field, value]] of Object.entries(given)) {
    if (value !== undefined && type !== request.type) throw refuse(`field ${field} must not be specified`);
  }
}

function planBind(request: MountRequest, destination: string, exists: (path: string) => boolean): PlannedMount {
  const source = request.source ?? '';
  const options = request.bindOptions ?? {};
  if (source === '') throw refuse('field Source must not be empty');
  if (options.propagation && !propagations.includes(options.propagation)) throw refuse(`invalid propagation mode: ${options.propagation}`);
  if (!source.startsWith('/')) throw refuse(`invalid mount path: '${source}' mount path must be absolute`);
  if (!options.createMountpoint && !exists(source)) throw refuse(`bind source path does not exist: ${source}`);
  const readOnly = request.readOnly ?? false;
  if (!readOnly && options.readOnlyNonRecursive) throw refuse('mount options conflict: !ReadOnly && BindOptions.ReadOnlyNonRecursive');
  if (!readOnly && options.readOnlyForceRecursive) throw refuse('mount options conflict: !ReadOnly && BindOptions.ReadOnlyForceRecursive');
  if (options.readOnlyNonRecursive && options.readOnlyForceRecursive) throw refuse('mount options conflict: ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive');
  const recursive = !options.nonRecursive;
  return {
    type: 'bind', source: cleanPath(source), destination, mode: '', readOnly, recursive,
    propagation: options.propagation || 'rprivate',
    recursiveReadOnly: readOnly && recursive && !options.readOnlyNonRecursive,
    createSource: options.createMountpoint ?? false,
  };
}

function planVolume(request: MountRequest, destination: string): PlannedMount {
  const options = request.volumeOptions ?? {};
  const name = request.source || undefined;
  if (request.readOnly && name === undefined) throw refuse('must not set ReadOnly mode when using anonymous volumes');
  if (options.subpath) {
    if (name === undefined) throw refuse('must not set Subpath when using anonymous volumes');
    checkSubpath(options.subpath, 'volume');
  }
  return {
    type: 'volume', destination, mode: 'z', readOnly: request.readOnly ?? false, copyUp: !options.noCopy,
    ...(name === undefined ? {} : { name }),
    ...(options.driverConfig?.name ? { driver: options.driverConfig.name } : {}),
    ...(options.driverConfig?.options ? { driverOptions: options.driverConfig.options } : {}),
    ...(options.labels ? { labels: options.labels } : {}),
    ...(options.subpath ? { subpath: options.subpath } : {}),
  };
}

function planTmpfs(request: MountRequest, destination: string): PlannedMount {
  if (request.source) throw refuse('field Source must not be specified');
  const readOnly = request.readOnly ?? false;
  return { type: 'tmpfs', destination, mode: '', readOnly, options: tmpfsOptionsOf(request.tmpfsOptions, readOnly) };
}

/** Another image's files. They cannot be written to, whatever was asked: Docker takes `ReadOnly: false` for "not said" too. */
function planImage(request: MountRequest, destination: string): PlannedMount {
  const reference = request.source ?? '';
  const subpath = request.imageOptions?.subpath ?? '';
  if (reference === '') throw refuse('field Source must not be empty');
  if (subpath !== '') checkSubpath(subpath, 'image');
  return { type: 'image', destination, mode: '', readOnly: true, reference, ...(subpath === '' ? {} : { subpath }) };
}

/** The kernel has the last word when it is mounted: here only what can never be right is refused. */
function checkSubpath(subpath: string, within: string): void {
  const clean = posix.normalize(subpath);
  if (subpath.startsWith('/') || clean === '..' || clean.startsWith('../')) throw refuse(`subpath must be a relative path within the ${within}`);
}
