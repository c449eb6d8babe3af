import { GantryError } from '../../../base/errors.ts';
import { assertsDirectory, split } from './paths.ts';

export interface Source {
  path: string;
  isDirectory: boolean;
  /** The name asked for, where a followed link leads to another. */
  rename?: string | undefined;
}

/** `kind` is absent when nothing is there yet. */
export interface Destination { path: string; kind?: 'directory' | 'other' }

/** Where the source goes: a directory that must exist, and the name it gets in there (`.`: its contents stand alone). */
export interface Placement { directory: string; name: string }

/**
 * Docker's table: into a directory that is there, the source goes by its own name; where nothing is, it takes the name of the destination.
 * https://docs.docker.com/reference/cli/docker/container/cp/#description
 * @throws invalid for a directory onto a file, and for a file into a directory that is not there
 */
export function place(source: Source, destination: Destination): Placement {
  const own = source.rename ?? split(source.path).name;
  if (destination.kind === 'directory') return { directory: destination.path, name: own };
  if (destination.kind === 'other' && source.isDirectory) throw new GantryError('invalid', 'cannot copy directory');
  if (destination.kind === undefined && !source.isDirectory && assertsDirectory(destination.path)) throw new GantryError('invalid', 'no such directory');
  return split(destination.path);
}
