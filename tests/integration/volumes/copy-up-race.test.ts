import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Box } from '../containers/box.ts';

/**
 * A running container shares an empty volume with one that is being created from an image of its own making: while the image's files are
 * copied into the volume it puts links to the host in place of the directories that appear. Its class is CVE-2022-23648's.
 */
test('copy-up writes nothing to the host while another container swaps the directories it makes', async () => {
  await using box = await Box.open();
  const host = mkdtempSync(join(tmpdir(), 'gantry-canary-'));
  try {
    for (const name of ['a', 'b', 'c']) mkdirSync(join(host, name));
    const made = await box.sh('mkdir -p /data; for d in a b c; do mkdir /data/$d; for n in $(seq 60); do echo evil > /data/$d/f$n; mkfifo -m 777 /data/$d/p$n; done; done');
    await box.ok('POST', `/commit?container=${made.id}&repo=evil&tag=x`, {});
    for (let round = 0; round < 15; round++) {
      const { json } = await box.ok('POST', '/volumes/create', { Name: `shared-${round}` });
      await using _ = replacing((json as { Mountpoint: string }).Mountpoint, host);
      const created = await box.daemon.request('POST', '/containers/create', { Image: 'evil:x', Cmd: ['true'], HostConfig: { Binds: [`shared-${round}:/data`] } });
      assert.ok([201, 400, 409, 500].includes(created.status), created.text);
      for (const name of ['a', 'b', 'c']) assert.deepEqual(readdirSync(join(host, name)), []);
    }
    writeFileSync(join(host, 'a/proof'), '');
    assert.deepEqual(readdirSync(join(host, 'a')), ['proof']);
  } finally {
    rmSync(host, { recursive: true });
  }
});

/** Renames every directory that appears away, and puts a link to the host's of the same name there. */
function replacing(directory: string, host: string): AsyncDisposable {
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(`
    const { workerData: { shared, directory, host } } = require('node:worker_threads');
    const { lstatSync, renameSync, symlinkSync } = require('node:fs');
    const swapped = new Set();
    while (Atomics.load(shared, 0) === 0) {
      for (const name of ['a', 'b', 'c']) {
        if (swapped.has(name) || lstatSync(directory + '/' + name, { throwIfNoEntry: false }) === undefined) continue;
        try {
          renameSync(directory + '/' + name, directory + '/was-' + name);
          symlinkSync(host + '/' + name, directory + '/' + name);
          swapped.add(name);
        } catch (error) {
          if (!['ENOENT', 'EEXIST'].includes(error.code)) throw error; // the engine took it away, or made it again, while we looked
        }
      }
    }`, { eval: true, workerData: { shared, directory, host } });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  return {
    async [Symbol.asyncDispose]() {
      Atomics.store(shared, 0, 1);
      await ended;
    },
  };
}
