import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findProgram } from './find-program.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-find-'));
  for (const name of ['sh', 'only-here', 'no-program']) writeFileSync(join(folder, name), '#!/bin/sh\n');
  for (const name of ['sh', 'only-here']) chmodSync(join(folder, name), 0o755);
});
after(() => rmSync(folder, { recursive: true }));

test('findProgram() looks on PATH first, then where a host has its programs', () => {
  assert.equal(findProgram('sh', `/nonexistent:${folder}`), join(folder, 'sh'));
  assert.match(findProgram('sh', '') ?? '', /^(\/usr)?\/bin\/sh$/);
  assert.equal(findProgram('only-here', ''), undefined);
});

test('findProgram() takes a path as it is', () => {
  assert.equal(findProgram(join(folder, 'only-here'), ''), join(folder, 'only-here'));
  assert.equal(findProgram(join(folder, 'nothing'), folder), undefined);
});

test('findProgram() finds no file that cannot be executed', () => {
  assert.equal(findProgram('no-program', folder), undefined);
});

test('findProgram() looks into no folder that depends on where this process is', () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    assert.equal(findProgram('only-here', ':.'), undefined);
  } finally {
    process.chdir(before);
  }
});
