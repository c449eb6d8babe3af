import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sealedCopyOf, withoutSealedCopy } from './sealed-program.ts';

function programIn(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-sealed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'program');
  copyFileSync('/bin/true', path);
  chmodSync(path, 0o755);
  t.after(() => withoutSealedCopy(path));
  return path;
}

/** Also where the clock of the files has not moved on: of two programs of one size only that tells. */
function replace(path: string): void {
  copyFileSync('/bin/false', path);
  appendFileSync(path, 'behind its end');
}

const here = (file: string | undefined): string => (file ?? '').replace('self', String(process.pid));

test('sealedCopyOf() gives a program that runs and cannot be written to', (t) => {
  const file = here(sealedCopyOf(programIn(t)));
  execFileSync(file);
  assert.throws(() => writeFileSync(file, 'other'), ({ code }: NodeJS.ErrnoException) => code === 'EPERM' || code === 'ETXTBSY');
});

test('sealedCopyOf() copies once, and again when the file has changed', (t) => {
  const path = programIn(t);
  const first = sealedCopyOf(path);
  assert.equal(sealedCopyOf(path), first);
  replace(path);
  assert.throws(() => execFileSync(here(sealedCopyOf(path))), { status: 1 });
});

test('sealedCopyOf() leaves a script alone', (t) => {
  const path = programIn(t);
  writeFileSync(path, '#!/bin/sh\nexit 0\n');
  assert.equal(sealedCopyOf(path), undefined);
});

test('sealedCopyOf() gives nothing after withoutSealedCopy(), until the file changes', (t) => {
  const path = programIn(t);
  sealedCopyOf(path);
  withoutSealedCopy(path);
  assert.equal(sealedCopyOf(path), undefined);
  replace(path);
  assert.notEqual(sealedCopyOf(path), undefined);
});
