import { closeSync, constants, openSync } from 'node:fs';
import { GantryError } from '../../../base/errors.ts';
import { O_DIRECTORY } from '../../../host/files.ts';
import { packTree } from '../../../host/pack-tree.ts';
import type { Context } from '../../context.ts';
import { decimalSize } from '../../format/sizes.ts';
import { Counter } from './counter.ts';
import { absolute, inWords, localSource } from './local.ts';
import { archivePath, statInContainer } from './path-stat.ts';
import { split, targetOf } from './paths.ts';
import { place, type Destination } from './placement.ts';

export interface ToContainer { container: string; from: string; path: string; followLink: boolean; archive: boolean; quiet: boolean }

/** Copies into a container, from a path here or, for `-`, from an archive on stdin. */
export async function toContainer(context: Context, options: ToContainer): Promise<void> {
  const { container, from, path, quiet } = options;
  const destination = await containerDestination(context, container, path);
  if (from === '-') {
    if (destination.kind !== 'directory') throw new GantryError('invalid', `destination "${container}:${path}" must be a directory`);
    return upload(context, options, { directory: destination.path, body: context.stdin });
  }
  const source = localSource(absolute(from), options.followLink);
  const { directory, name } = place(source, destination);
  const inside = split(source.path);
  const fd = openDirectory(inside.directory);
  try {
    const tar = packTree({ directory: fd, entry: inside.name === '/' ? '.' : inside.name, name: name === '.' || name === '/' ? '' : name, whiteouts: 'none' });
    using counter = new Counter(context, { header: 'Copying to container - ', quiet });
    await upload(context, options, { directory, body: counter.through(tar) });
    counter[Symbol.dispose]();
    if (!quiet) context.warn(`Successfully copied ${decimalSize(counter.bytes)} to ${container}:${destination.path}`);
  } finally {
    closeSync(fd);
  }
}

/** A link at the destination is followed once, as the engine tells its target. */
async function containerDestination(context: Context, container: string, path: string): Promise<Destination> {
  let at = path;
  let stat = await statInContainer(context, container, at);
  if (stat?.isLink === true) {
    at = targetOf(path, stat.linkTarget);
    stat = await statInContainer(context, container, at);
  }
  if (stat?.isDevice === true) throw new GantryError('invalid', `destination "${container}:${path}" must be a directory or a regular file: got a device`);
  return stat === undefined ? { path: at } : { path: at, kind: stat.isDirectory ? 'directory' : 'other' };
}

function openDirectory(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | O_DIRECTORY);
  } catch (error) {
    throw inWords(error, 'open', path);
  }
}

async function upload(context: Context, options: ToContainer, { directory, body }: { directory: string; body: AsyncIterable<Uint8Array> }): Promise<void> {
  await context.api.done({
    method: 'PUT', path: archivePath(options.container), headers: { 'Content-Type': 'application/x-tar' }, body, signal: context.interruptible(),
    query: { path: directory, noOverwriteDirNonDir: 'true', copyUIDGID: options.archive ? 'true' : undefined },
  });
}
