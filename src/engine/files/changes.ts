import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { getXattr } from '../../host/files.ts';
import type { FileDeps } from './deps.ts';
import type { Change, FileVerbs } from './verbs.ts';

/** What the container's upper directory says, so it costs what was changed, not what is there. */
export function changesVerb(deps: FileDeps): FileVerbs['changes'] {
  return async (container) => {
    const record = deps.catalog.find(container);
    const lowers = await deps.snapshots.acquire(record.layers);
    try {
      return listChanges(deps.layers.paths(record.id).upper, [deps.initLayer, ...lowers.directories]);
    } finally {
      await lowers.release();
    }
  };
}

/** `lowers`: the top layer first. */
export function listChanges(upper: string, lowers: readonly string[]): Change[] {
  const changes: Change[] = [];
  const walk = (path: string): void => {
    for (const name of readdirSync(join(upper, path)).sort()) {
      const child = `${path}/${name}`;
      const stat = lstatSync(join(upper, child), { throwIfNoEntry: false });
      if (stat === undefined) continue;
      const below = lookBelow(lowers, child);
      if (isWhiteout(stat)) {
        if (below !== undefined) changes.push({ path: child, kind: 2 });
        continue;
      }
      const at = changes.push({ path: child, kind: below === undefined ? 1 : 0 });
      if (!stat.isDirectory()) continue;
      if (below?.stat.isDirectory() === true && isOpaque(join(upper, child))) changes.push(...hidden(upper, lowers, child));
      walk(child);
      // Overlay copies a directory up when it is only passed through: alone that is no change.
      if (changes.length === at && below?.stat.isDirectory() === true && sameDirectory(stat, below.stat)) changes.pop();
    }
  };
  walk('');
  return changes;
}

/** What an opaque directory hides and does not bring again: deleted one by one. */
function hidden(upper: string, lowers: readonly string[], directory: string): Change[] {
  const names = new Set(lowers.flatMap((lower) => {
    const stat = lstatSync(join(lower, directory), { throwIfNoEntry: false });
    return stat?.isDirectory() === true ? readdirSync(join(lower, directory)) : [];
  }));
  return [...names].sort()
    .map((name) => `${directory}/${name}`)
    .filter((path) => lookBelow(lowers, path) !== undefined && lstatSync(join(upper, path), { throwIfNoEntry: false }) === undefined)
    .map((path): Change => ({ path, kind: 2 }));
}

/** What a path is in the layers below, as overlay would merge them. */
function lookBelow(lowers: readonly string[], path: string): { stat: Stats } | undefined {
  const parents = parentsOf(path);
  for (const lower of lowers) {
    const stat = lstatSync(join(lower, path), { throwIfNoEntry: false });
    if (stat !== undefined) return isWhiteout(stat) ? undefined : { stat };
    for (const parent of parents) {
      const there = lstatSync(join(lower, parent), { throwIfNoEntry: false });
      if (there === undefined) continue;
      if (!there.isDirectory() || isOpaque(join(lower, parent))) return undefined;
    }
  }
  return undefined;
}

function sameDirectory(one: Stats, other: Stats): boolean {
  return one.mode === other.mode && one.uid === other.uid && one.gid === other.gid && one.mtimeMs === other.mtimeMs;
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

function isWhiteout(stat: Stats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0;
}

function isOpaque(path: string): boolean {
  return getXattr(path, 'trusted.overlay.opaque')?.toString() === 'y';
}
