import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clean, followed, keepEnding, split, splitArgument, targetOf } from './paths.ts';
import { place, type Destination, type Source } from './placement.ts';

test('clean() is the shortest equal path, without a trailing slash', () => {
  for (const [path, expected] of [['', '.'], ['/', '/'], ['a/', 'a'], ['/a/../b/.', '/b'], ['./a', 'a']] as const) assert.equal(clean(path), expected, path);
});

test('split() tells contents from the directory itself', () => {
  for (const [path, directory, name] of [['/a/b', '/a', 'b'], ['/a/b/', '/a', 'b'], ['/a/b/.', '/a/b', '.'], ['/', '/', '/'], ['b', '.', 'b'], ['/b', '/', 'b']] as const) {
    assert.deepEqual(split(path), { directory, name }, path);
  }
});

test('keepEnding() gives a cleaned path its trailing slash or dot back', () => {
  for (const [cleaned, original, expected] of [['/w/a', 'a/', '/w/a/'], ['/w/a', 'a/.', '/w/a/.'], ['/w', '.', '/w/.'], ['/w/a', 'a', '/w/a'], ['/w', './', '/w/./'], ['/', '/', '/']] as const) {
    assert.equal(keepEnding(cleaned, original), expected, original);
  }
});

test('splitArgument() takes what begins with a slash or a dot for a path of this machine', () => {
  assert.deepEqual(splitArgument('web:/a:b'), { container: 'web', path: '/a:b' });
  for (const path of ['/a:b', './a:b', '../a:b', 'plain']) assert.deepEqual(splitArgument(path), { container: '', path });
});

test('followed() keeps the name that was asked for', () => {
  assert.deepEqual(followed('/a/link', '/b/real'), { path: '/b/real', rename: 'link' });
  assert.deepEqual(followed('/a/link/', '/b/link'), { path: '/b/link/', rename: undefined });
  assert.equal(targetOf('/a/link', '../b'), '/b');
  assert.equal(targetOf('/a/link', '/c'), '/c');
});

test('place() follows docker\'s table', () => {
  const file: Source = { path: '/s/f', isDirectory: false };
  const tree: Source = { path: '/s/d', isDirectory: true };
  const contents: Source = { path: '/s/d/.', isDirectory: true };
  const there: Destination = { path: '/t/x', kind: 'directory' };
  const taken: Destination = { path: '/t/x', kind: 'other' };
  const absent: Destination = { path: '/t/x' };
  const asserted: Destination = { path: '/t/x/' };
  const table: [Source, Destination, string, string][] = [
    [file, there, '/t/x', 'f'], [tree, there, '/t/x', 'd'], [contents, there, '/t/x', '.'], [{ ...file, rename: 'g' }, there, '/t/x', 'g'],
    [file, taken, '/t', 'x'], [file, absent, '/t', 'x'], [tree, absent, '/t', 'x'], [contents, absent, '/t', 'x'], [tree, asserted, '/t', 'x'],
  ];
  for (const [source, destination, directory, name] of table) assert.deepEqual(place(source, destination), { directory, name }, `${source.path} → ${JSON.stringify(destination)}`);
  assert.throws(() => place(tree, taken), /^GantryError: cannot copy directory$/);
  assert.throws(() => place(file, asserted), /^GantryError: no such directory$/);
});
