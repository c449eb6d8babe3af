import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { digestOf } from '../../../src/oci/digest.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { gantryProgram, startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { impatient, makeImage, memorySource, pushImage } from './support.ts';

const run = promisify(execFile);

/** Where the registry of a daemon listens now: it chose the port itself. */
function registryOf(daemon: TestDaemon): string {
  const line = daemon.log.split('\n').findLast((one) => one.includes('registry listens'))!;
  return `127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
}

function blobsOf(daemon: TestDaemon): string[] {
  return readdirSync(join(daemon.root, 'content/blobs/sha256'));
}

const gantryOf = (daemon: TestDaemon) => async (...args: string[]): Promise<string> => {
  const [program, ...first] = gantryProgram();
  return (await run(program, [...first, '--host', daemon.host, ...args])).stdout;
};

describe('the registry within the daemon', () => {
  const args = ['--registry', '127.0.0.1:0', '--log-format', 'json'];

  it('has the content of the engine: what is pushed and pulled is on the disk once, and outlives its image', async () => {
    await using daemon = await startDaemon({ args });
    const gantry = gantryOf(daemon);
    const name = `${registryOf(daemon)}/team/box:v1`;
    await gantry('pull', 'gantry/busybox');
    const before = blobsOf(daemon).length;
    await gantry('tag', 'gantry/busybox', name);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(await gantry('push', name))![1]!;
    assert.equal(blobsOf(daemon).length, before, 'the same blobs');
    assert.ok(!existsSync(join(daemon.root, 'registry/blobs')));

    await gantry('rmi', name, 'gantry/busybox');
    assert.equal(await gantry('images', '-q'), '');
    assert.equal(blobsOf(daemon).length, before, 'the registry keeps what it was given');
    const said = await gantry('pull', name);
    assert.match(said, new RegExp(`Digest: ${digest}`));
    assert.doesNotMatch(said, /Downloading/);

    await gantry('rmi', name);
    const client = createRegistryClient(impatient);
    try {
      const registry = registryOf(daemon);
      const manifest = await client.getManifest({ registry, name: 'team/box' }, 'v1');
      const { config, layers } = JSON.parse(manifest.bytes.toString()) as { config: { digest: string }; layers: { digest: string }[] };
      for (const path of [`manifests/${digest}`, ...[config, ...layers].map((one) => `blobs/${one.digest}`)]) {
        assert.equal((await fetch(`http://${registry}/v2/team/box/${path}`, { method: 'DELETE' })).status, 202);
      }
    } finally {
      client.close();
    }
    await gantry('image', 'prune', '-f');
    assert.deepEqual(blobsOf(daemon), [], 'what nobody refers to goes with the next collection');
  });

  it('goes on with an upload, and keeps what it has, when the daemon is killed or runs without it for a while', async () => {
    await using folder = await temporaryFolder();
    const serving = (registry: object): Promise<void> => writeFile(join(folder.path, 'daemon.json'), JSON.stringify(registry));
    await serving({ registry: { addr: '127.0.0.1:0' } });
    await using daemon = await startDaemon({ args: ['--config-file', join(folder.path, 'daemon.json'), '--log-format', 'json'] });
    const client = createRegistryClient(impatient);
    try {
      const image = makeImage();
      await pushImage(client, { host: registryOf(daemon), name: 'a', reference: 'v1' }, image);
      const location = (await fetch(`http://${registryOf(daemon)}/v2/a/blobs/uploads/`, { method: 'POST' })).headers.get('location')!;
      await fetch(`http://${registryOf(daemon)}${location}`, { method: 'PATCH', body: 'first ' });
      await daemon.crash();
      await serving({});
      await daemon.start();
      await gantryOf(daemon)('image', 'prune', '-f');
      await daemon.crash();
      await serving({ registry: { addr: '127.0.0.1:0' } });
      await daemon.start();
      const url = `http://${registryOf(daemon)}`;
      assert.equal((await client.getManifest({ registry: registryOf(daemon), name: 'a' }, 'v1')).descriptor.digest, image.digest);
      assert.equal((await fetch(`${url}${location}?digest=${digestOf('first second')}`, { method: 'PUT', body: 'second' })).status, 201);
      assert.equal(await (await fetch(`${url}/v2/a/blobs/${digestOf('first second')}`)).text(), 'first second');
    } finally {
      client.close();
    }
  });

  it('loses no blob to the collections of the engine that run while others push', async () => {
    await using daemon = await startDaemon({ args });
    const client = createRegistryClient(impatient);
    try {
      const registry = registryOf(daemon);
      let isPushing = true;
      const collecting = (async () => {
        while (isPushing) await daemon.request('POST', '/images/prune');
      })();
      const images = Array.from({ length: 20 }, (_, index) => makeImage(`n${index}`));
      try {
        await Promise.all(images.map((image, index) => pushImage(client, { host: registry, name: `r${index % 3}`, reference: `t${index}` }, image)));
      } finally {
        isPushing = false;
        await collecting;
      }
      for (const [index, image] of images.entries()) {
        const repository = { registry, name: `r${index % 3}` };
        assert.equal((await client.getManifest(repository, `t${index}`)).descriptor.digest, image.digest);
        assert.equal(await client.headBlob(repository, digestOf(image.layer)), image.layer.length);
      }
    } finally {
      client.close();
    }
  });

  it('has users and rights as a registry of its own', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'users'), 'alice:$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u\n');
    await writeFile(join(folder.path, 'daemon.json'), JSON.stringify({ registry: { addr: '127.0.0.1:0', htpasswd: join(folder.path, 'users'), 'anonymous-pull': true } }));
    await using daemon = await startDaemon({ args: ['--config-file', join(folder.path, 'daemon.json'), '--log-format', 'json'] });
    const [anybody, alice] = [undefined, { username: 'alice', password: 'secret' }].map((credentials) => createRegistryClient({ ...impatient, credentials: async () => credentials }));
    try {
      const repository = { registry: registryOf(daemon), name: 'a' };
      const bytes = randomBytes(1000);
      const push = { repository, descriptor: { digest: digestOf(bytes), size: bytes.length }, source: memorySource(bytes) };
      await assert.rejects(anybody!.pushBlob(push), { kind: 'unauthorized' });
      assert.equal(await alice!.pushBlob(push), 'uploaded');
      assert.equal(await anybody!.headBlob(repository, push.descriptor.digest), bytes.length);
    } finally {
      anybody!.close();
      alice!.close();
    }
  });
});
