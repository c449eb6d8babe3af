import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { writePidFile } from './pid-file.ts';

describe('writePidFile()', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'gantry-pid-')); });
  after(() => rmSync(folder, { recursive: true }));

  test('holds the process id until the end', () => {
    const path = join(folder, 'held');
    {
      using _file = writePidFile(path);
      assert.equal(readFileSync(path, 'utf8'), String(process.pid));
    }
    assert.ok(!existsSync(path));
  });

  test('takes over from a daemon that was killed, and from what is no process id', () => {
    const path = join(folder, 'stale');
    for (const left of [String(spawnSync('true').pid), 'nobody', '']) {
      writeFileSync(path, left);
      using _file = writePidFile(path);
      assert.equal(readFileSync(path, 'utf8'), String(process.pid));
    }
  });

  test('refuses while the process in it runs, and leaves it alone', () => {
    const path = join(folder, 'running');
    writeFileSync(path, `${process.ppid}\n`);
    assert.throws(() => writePidFile(path), { message: `failed to start daemon, ensure docker is not running or delete ${path}: process with PID ${process.ppid} is still running` });
    assert.equal(readFileSync(path, 'utf8'), `${process.ppid}\n`);
  });
});
