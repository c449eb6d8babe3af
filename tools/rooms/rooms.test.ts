import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf } from './imports.ts';
import { judge, type Sources } from './judge.ts';

const rooms = { rooms: { base: [], host: ['base'], engine: ['host', 'base'], runtime: ['host'] }, startPrograms: ['src/host/', 'src/engine/door.ts'] };
const tree = (files: Record<string, string>): Sources => new Map(Object.entries(files).map(([path, source]) => [path, importsOf(path, source)]));

test('importsOf() finds static, type, re-exported, lazy and URL imports with their lines', () => {
  const source = [
    "import type { A } from './a.ts';", "import {\n  b,\n} from '../host/b.ts';", "export { c } from './c.ts';", "import './d.ts';",
    "const e = await import('./e.ts');", "new Worker(new URL('./f.worker.ts', import.meta.url));", "import { type G } from 'node:fs';",
  ].join('\n');
  assert.deepEqual(importsOf('src/engine/x.ts', source), [
    { target: 'src/engine/a.ts', line: 1, typeOnly: true, program: false },
    { target: 'src/host/b.ts', line: 2, typeOnly: false, program: false },
    { target: 'src/engine/c.ts', line: 5, typeOnly: false, program: false },
    { target: 'src/engine/d.ts', line: 6, typeOnly: false, program: false },
    { target: 'src/engine/e.ts', line: 7, typeOnly: true, program: false },
    { target: 'src/engine/f.worker.ts', line: 8, typeOnly: true, program: true },
    { target: 'node:fs', line: 9, typeOnly: true, program: false },
  ]);
});

test('judge() accepts arrows that go down', () => {
  assert.deepEqual(judge(rooms, tree({ 'src/engine/a.ts': "import { b } from '../host/b.ts';" })), []);
});

test('judge() names an arrow that goes up, also for types', () => {
  const [complaint] = judge(rooms, tree({ 'src/host/a.ts': "import type { b } from '../engine/b.ts';" }));
  assert.match(complaint ?? '', /^src\/host\/a\.ts:1: host may not import engine/);
});

test('judge() names a folder outside the map', () => {
  assert.match(judge(rooms, tree({ 'src/attic/a.ts': '' }))[0] ?? '', /src\/attic\/a\.ts: not in a room/);
});

test('judge() names a circle of values, and lets types point both ways', () => {
  const circle = judge(rooms, tree({ 'src/base/a.ts': "import { b } from './b.ts';", 'src/base/b.ts': "import { a } from './a.ts';" }));
  assert.deepEqual(circle, ['circle: src/base/a.ts → src/base/b.ts → src/base/a.ts']);
  assert.deepEqual(judge(rooms, tree({ 'src/base/a.ts': "import { b } from './b.ts';", 'src/base/b.ts': "import type { a } from './a.ts';" })), []);
});

test('judge() lets only the named doors start programs', () => {
  const source = "import { spawn } from 'node:child_process';";
  assert.equal(judge(rooms, tree({ 'src/engine/a.ts': source })).length, 1);
  assert.deepEqual(judge(rooms, tree({ 'src/host/a.ts': source, 'src/engine/door.ts': source, 'src/engine/a.test.ts': source })), []);
});

test('judge() lets a room start a program of src/bin by its path, but not import it', () => {
  assert.deepEqual(judge(rooms, tree({ 'src/runtime/a.ts': "new URL('../bin/monitor.ts', import.meta.url)" })), []);
  assert.equal(judge(rooms, tree({ 'src/runtime/a.ts': "import { run } from '../bin/monitor.ts';" })).length, 1);
});
