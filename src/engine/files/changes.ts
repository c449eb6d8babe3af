import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { Slices } from '../../base/slices.ts';
import { getXattr, pathOf, readNames } from '../../host/files.ts';
import type { FileDeps } from './deps.ts';
import type { Change, FileVerbs } from './verbs.ts';

/** What the container's upper directory says, so it costs what was changed, not what is there. */
export function changesVerb(deps: FileDeps): FileVerbs['changes'] {
  return async (container) => {
    const record = deps.catalog.find(container);
    const lowers = await deps.snapshots.acquire(record.layers);
    try {
      const changes = await listChanges(deps.layers.paths(record.id).upper, [deps.initLayer, ...lowers.directories]);
      // JSON knows Unicode only: a byte that is none is shown as Docker shows it.
      return changes.map(({ path, kind }) => ({ path: path.toWellFormed(), kind }));
    } finally {
      await lowers.release();
    }
  };
}

interface Entry { stat: Stats; path: string }

/** `lowers`: the top layer first. */
async function listChanges(upper: string, lowers: readonly string[]): Promise<Change[]> {
  const changes: Change[] = [];
  const slices = new Slices();
  const walk = async (path: string): Promise<void> => {
    for (const name of namesIn(join(upper, path))) {
      if (slices.isOver) await slices.next();
      const child = `${path}/${name}`;
      const stat = look(join(upper, child));
      if (stat === undefined) continue;
      const below = lookBelow(lowers, child);
      if (isWhiteout(stat)) {
        if (below !== undefined) changes.push({ path: child, kind: 2 });
        continue;
      }
      // Overlay copies up what is opened for writing, linked, or only passed through: alone that is no change.
      const isSame = below !== undefined && sameEntry({ stat, path: join(upper, child) }, below);
      if (!stat.isDirectory()) {
        if (!isSame) changes.push({ path: child, kind: below === undefined ? 1 : 0 });
        continue;
      }
      const at = changes.push({ path: child, kind: below === undefined ? 1 : 0 });
      if (below?.stat.isDirectory() === true && isOpaque(join(upper, child))) changes.push(...hidden(upper, lowers, child));
      await walk(child);
      if (changes.length === at && isSame) changes.pop();
    }
  };
  await walk('');
  return changes;
}

/** None where a directory has just gone: the container runs meanwhile, or is removed. */
function namesIn(directory: string): string[] {
  try {
    return readNames(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** What an opaque directory hides and does not bring again: deleted one by one. */
function hidden(upper: string, lowers: readonly string[], directory: string): Change[] {
  const names = new Set(lowers.flatMap((lower) => {
    const stat = look(join(lower, directory));
    return stat?.isDirectory() === true ? namesIn(join(lower, directory)) : [];
  }));
  return [...names].sort()
    .map((name) => `${directory}/${name}`)
    .filter((path) => lookBelow(lowers, path) !== undefined && look(join(upper, path)) === undefined)
    .map((path): Change => ({ path, kind: 2 }));
}

/** What a path is in the layers below, as overlay would merge them. */
function lookBelow(lowers: readonly string[], path: string): Entry | undefined {
  const parents = parentsOf(path);
  for (const lower of lowers) {
    const stat = look(join(lower, path));
    if (stat !== undefined) return isWhiteout(stat) ? undefined : { stat, path: join(lower, path) };
    for (const parent of parents) {
      const there = look(join(lower, parent));
      if (there === undefined) continue;
      if (!there.isDirectory() || isOpaque(join(lower, parent))) return undefined;
    }
  }
  return undefined;
}

/** By what Docker compares: owner, mode, device, capabilities, and of all but directories size and time, whose fraction an image may have lost. */
function sameEntry(one: Entry, other: Entry): boolean {
  const [a, b] = [one.stat, other.stat];
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.rdev !== b.rdev) return false;
  if (!a.isDirectory() && (a.size !== b.size || !sameTime(a.mtimeMs, b.mtimeMs))) return false;
  return !a.isFile() || capabilitiesOf(one.path) === capabilitiesOf(other.path);
}

function sameTime(one: number, other: number): boolean {
  return one === other || (Math.floor(one / 1000) === Math.floor(other / 1000) && (one % 1000 === 0 || other % 1000 === 0));
}

function capabilitiesOf(path: string): string {
  return getXattr(path, 'security.capability')?.toString('hex') ?? '';
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

function look(path: string): Stats | undefined {
  return lstatSync(pathOf(path), { throwIfNoEntry: false });
}

function isWhiteout(stat: Stats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0;
}

function isOpaque(path: string): boolean {
  return getXattr(path, 'trusted.overlay.opaque')?.toString() === 'y';
}
