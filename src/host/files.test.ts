import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, constants, lstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { deviceNumber, getXattr, listXattrs, openAt2, removeXattr, renameAt2, resolve, setXattr, utimesAt } from './files.ts';
import { FileLock } from './files-lock.ts';

let directory: string;
let fd: number;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'gantry-files-'));
  fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
});
after(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true, force: true });
});

describe('files', () => {
  it('openAt2() takes the directory for the root, whatever links say', () => {
    mkdirSync(join(directory, 'etc'));
    writeFileSync(join(directory, 'etc', 'inside'), 'inside');
    symlinkSync('/etc', join(directory, 'link'));
    const found = openAt2(fd, '../../link/inside', constants.O_RDONLY, resolve.inRoot);
    assert.equal(readFileSync(found, 'utf8'), 'inside');
    closeSync(found);
    assert.throws(() => openAt2(fd, 'link/passwd', constants.O_RDONLY, resolve.inRoot), { code: 'ENOENT' });
    assert.throws(() => openAt2(fd, 'link/inside', constants.O_RDONLY, resolve.noSymlinks), { code: 'ELOOP' });
  });

  it('openAt2() finds its way over `..` while others rename', async () => {
    const [renamed, other] = [join(directory, 'renamed'), join(directory, 'renamed-back')];
    mkdirSync(renamed);
    const worker = new Worker(`const { renameSync } = require('node:fs'); const { workerData: [a, b], parentPort } = require('node:worker_threads');
      renameSync(a, b); renameSync(b, a); parentPort.postMessage('runs'); for (;;) { renameSync(a, b); renameSync(b, a); }`, { eval: true, workerData: [renamed, other] });
    try {
      await once(worker, 'message');
      for (let lookup = 0; lookup < 10_000; lookup++) closeSync(openAt2(fd, '../../../../..', constants.O_RDONLY, resolve.inRoot));
    } finally {
      await worker.terminate();
    }
  });

  it('keeps attributes of any bytes and size, and tells absence apart', () => {
    const path = join(directory, 'attributes');
    writeFileSync(path, '');
    const value = Buffer.alloc(2000, 0xff);
    setXattr(path, 'user.long', value);
    assert.deepEqual([listXattrs(path), getXattr(path, 'user.long'), getXattr(path, 'user.none')], [['user.long'], value, undefined]);
    removeXattr(path, 'user.long');
    assert.deepEqual(listXattrs(path), []);
  });

  it('sets nanoseconds on a link itself, before the epoch too', () => {
    symlinkSync('/etc/hostname', join(directory, 'dated'));
    utimesAt(fd, 'dated', -5, 123_456_789);
    assert.equal(lstatSync(join(directory, 'dated'), { bigint: true }).mtimeNs, -4_876_543_211n);
  });

  it('renameAt2() replaces nothing when told so', () => {
    for (const name of ['one', 'two']) writeFileSync(join(directory, name), name);
    const [one, two] = [{ directory: fd, name: 'one' }, { directory: fd, name: 'two' }];
    assert.throws(() => renameAt2(one, two, 'noReplace'), { code: 'EEXIST' });
    renameAt2(one, two, 'exchange');
    assert.equal(readFileSync(join(directory, 'one'), 'utf8'), 'two');
  });

  it('deviceNumber() is what the kernel shows for a device', () => {
    assert.equal(BigInt(lstatSync('/dev/null').rdev), deviceNumber(1, 3));
    assert.equal(deviceNumber(0xfffff, 0xfff00), ((0xff000n) << 32n) | (0xfffn << 8n) | (0xfff00n << 12n));
  });
});

describe('FileLock', () => {
  it('has one holder, names it to others, and is free again after', () => {
    const path = join(directory, 'lock');
    {
      using _held = FileLock.acquire(path);
      assert.throws(() => FileLock.acquire(path), { kind: 'conflict', message: `${path} is held by process ${process.pid}` });
    }
    FileLock.acquire(path).release();
  });
});
