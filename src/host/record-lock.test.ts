import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordLockHolder } from './record-lock.ts';

/** Locks a file as apt does, says so, and holds it until its stdin ends. `struct flock`: F_WRLCK, the whole file. */
const holder = `
import { openSync } from 'node:fs';
import { libc } from ${JSON.stringify(new URL('./ffi.ts', import.meta.url).href)};
const lock = Buffer.alloc(32);
lock.writeInt16LE(1);
const F_SETLK = 6;
if (libc.func('fcntl', 'int', ['int', 'int', 'void *'])(openSync(process.argv[1], 'r+'), F_SETLK, lock) === 0) console.log('held');
process.stdin.resume();
`;

test('recordLockHolder() tells who holds a lock of fcntl, and nobody once that has ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-lock-'));
  try {
    const path = join(folder, 'lock');
    assert.equal(recordLockHolder(path), undefined, 'there is no such file');
    writeFileSync(path, '');
    assert.equal(recordLockHolder(path), undefined);
    const child = spawn(process.execPath, ['--input-type=module', '-e', holder, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    assert.equal(recordLockHolder(path), child.pid);
    child.stdin.end();
    await ended;
    assert.equal(recordLockHolder(path), undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
