import { closeSync, constants, readdirSync } from 'node:fs';
import { errnoOf } from '../../base/errors.ts';
import { AT_FDCWD, AT_REMOVEDIR, openAt, O_DIRECTORY, O_NOFOLLOW, renameAt2, unlinkAt } from '../../host/files.ts';

/** Deeper levels are first moved up, so that neither descriptors nor the length of a path end the walk. */
const maxDepth = 64;

/**
 * Removes a tree of any size and depth, following no links. Missing is done. `budget`: members to remove at most;
 * false when it ran out and something is left.
 */
export function removeTree(path: string, budget = Infinity): boolean {
  return removeTreeAt(AT_FDCWD, path, budget);
}

export function removeTreeAt(directory: number, name: string, budget = Infinity): boolean {
  let top: number;
  try {
    top = openAt(directory, name, constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    if (errnoOf(error) !== 'ENOTDIR' && errnoOf(error) !== 'ELOOP') throw error;
    unlinkAt(directory, name);
    return true;
  }
  const walk = { top, moved: 0, left: budget };
  try {
    // Levels that were moved up appear in the top directory: another round takes them.
    do {
      if (!empty(walk, top, 0)) return false;
    } while (walk.moved > 0 && readdirSync(`/proc/self/fd/${top}`).length > 0);
  } finally {
    closeSync(top);
  }
  unlinkAt(directory, name, AT_REMOVEDIR);
  return true;
}

interface Walk { top: number; moved: number; left: number }

function empty(walk: Walk, directory: number, depth: number): boolean {
  for (const item of readdirSync(`/proc/self/fd/${directory}`, { withFileTypes: true, encoding: 'buffer' })) {
    if (walk.left-- <= 0) return false;
    if (!item.isDirectory()) unlinkAt(directory, item.name);
    else if (!removeDirectory(walk, { directory, name: item.name }, depth)) return false;
  }
  return true;
}

function removeDirectory(walk: Walk, place: { directory: number; name: Buffer }, depth: number): boolean {
  if (depth >= maxDepth) {
    renameAt2(place, { directory: walk.top, name: `.gantry-removing-${process.pid}-${walk.moved++}` }, 'noReplace');
    return true;
  }
  const inner = openAt(place.directory, place.name, constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    if (!empty(walk, inner, depth + 1)) return false;
  } finally {
    closeSync(inner);
  }
  unlinkAt(place.directory, place.name, AT_REMOVEDIR);
  return true;
}
