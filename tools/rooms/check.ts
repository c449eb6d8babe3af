/** `node tools/rooms/check.ts`: every import of src/ against the map of rooms. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importsOf } from './imports.ts';
import { judge, type Sources } from './judge.ts';
import map from './rooms.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const sources: Sources = new Map(
  globSync('src/**/*.ts', { cwd: root }).sort().map((path) => [path, importsOf(path, readFileSync(join(root, path), 'utf8'))]),
);
const complaints = judge(map, sources);
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) console.error('The map and its reasons: docs/ARCHITECTURE.md, "Rooms".');
process.exitCode = complaints.length > 0 ? 1 : 0;
