import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBytes } from './parse-bytes.ts';

test('parseBytes() reads binary units, however they are written', () => {
  assert.deepEqual(['10', '10b', '1k', '1kb', '1KiB', '1.5g', '1 m', '.5k', '0'].map((text) => parseBytes(text)), [10, 10, 1024, 1024, 1024, 1610612736, 1048576, 512, 0]);
});

test('parseBytes() reads decimal units where it is told to', () => {
  assert.deepEqual(['1k', '1.5MiB', '2g'].map((text) => parseBytes(text, 1000)), [1e3, 15e5, 2e9]);
});

test('parseBytes() refuses what is no size, and units that there are not', () => {
  for (const bad of ['', 'x', '-1', '1e3']) assert.throws(() => parseBytes(bad), { kind: 'invalid', message: `invalid size: '${bad}'` }, bad);
  for (const [bad, suffix] of [['1x', 'x'], ['1bb', 'bb'], ['1bib', 'bib'], ['1kx', 'kx'], ['1kibi', 'kibi']]) assert.throws(() => parseBytes(bad!), { kind: 'invalid', message: `invalid suffix: '${suffix}'` }, bad);
});
