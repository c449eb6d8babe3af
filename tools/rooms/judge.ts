import type { Import } from './imports.ts';

export interface Rooms {
  /** By room: the other rooms it sees. */
  rooms: Record<string, string[]>;
  /** Files, or folders with a slash at the end, that may start other programs. */
  startPrograms: string[];
}

export type Sources = Map<string, Import[]>;

/** Every arrow that the map of rooms does not allow, as lines a person can act on. */
export function judge(map: Rooms, sources: Sources): string[] {
  const complaints: string[] = [];
  for (const [path, imports] of sources) {
    const room = roomOf(path);
    if (room === undefined || !(room in map.rooms)) {
      complaints.push(`${path}: not in a room of tools/rooms/rooms.json`);
      continue;
    }
    for (const each of imports) {
      const reason = forbidden(map, path, each);
      if (reason !== undefined) complaints.push(`${path}:${each.line}: ${reason}`);
    }
  }
  return [...complaints, ...circles(sources)];
}

function forbidden({ rooms, startPrograms }: Rooms, path: string, { target, program }: Import): string | undefined {
  const room = roomOf(path) ?? '';
  const test = path.endsWith('.test.ts');
  if (/^(node:)?child_process$/.test(target) && !test && !startPrograms.some((door) => path.startsWith(door))) {
    return 'starts a program, and is not among startPrograms';
  }
  if (!test && (target.startsWith('tests/') || target.endsWith('.test.ts'))) return 'shipped code imports no test';
  // A program of ours that is started by its path is another process, no import.
  if (program && target.startsWith('src/bin/')) return undefined;
  const other = roomOf(target);
  if (other === undefined || other === room || rooms[room]?.includes(other)) return undefined;
  return `${room} may not import ${other} (${target}); it sees ${rooms[room]?.join(', ') || 'no other room'}`;
}

function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** Circles of files that need each other while they load; each is told once. */
function circles(sources: Sources): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    if (state.get(path) === 'done' || !sources.has(path)) return;
    if (state.get(path) === 'open') {
      found.push(`circle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`);
      return;
    }
    state.set(path, 'open');
    for (const { target, typeOnly } of sources.get(path) ?? []) if (!typeOnly) visit(target, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}
