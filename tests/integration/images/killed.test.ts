import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { hostArchitecture } from '../../../src/host/architecture.ts';
import { request } from '../../support/http.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { repetitions } from '../../support/repetitions.ts';
import { startRegistry } from '../registry/support.ts';
import { indexOf, layoutMembers, describeManifest, sample, tarOf } from './archive-builder.ts';
import { countingProxy } from './counting-proxy.ts';
import { imageOf, publishImage, randomLayer } from './registry-fixture.ts';

const architecture = hostArchitecture();

/** What lies in the stores of a daemon's root. */
function stores(daemon: TestDaemon): { blobs: number; ingests: number; layers: number } {
  const [form] = readdirSync(join(daemon.root, 'snapshots'));
  return {
    blobs: readdirSync(join(daemon.root, 'content/blobs/sha256')).length,
    ingests: readdirSync(join(daemon.root, 'content/ingest')).length,
    layers: readdirSync(join(daemon.root, 'snapshots', form!)).filter((name) => /^[0-9a-f]{32}$/.test(name)).length,
  };
}

/** The registry runs ahead of the daemon's disk by no more: loopback's buffers would hold megabytes that the daemon has never seen. */
const aheadBytes = 64 << 10;
const kills = repetitions(10);

/** Bytes that a daemon has on disk, whole blobs or not. */
function arrived(daemon: TestDaemon): number {
  const sizes = ['content/ingest', 'content/blobs/sha256'].flatMap((folder) => readdirSync(join(daemon.root, folder))
    .map((name) => statSync(join(daemon.root, folder, name), { throwIfNoEntry: false })?.size ?? 0));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('a daemon that is killed', () => {
  it(`${kills} times in the middle of a pull, brings the image with the bytes of one`, async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    const image = imageOf(Array.from({ length: 4 }, (_, index) => randomLayer(`file-${index}`, 6_000_000)), { architecture, level: 0 });
    await publishImage(registry.host, 'big', 'v1', image);
    const total = image.config.length + image.layers.reduce((sum, { size }) => sum + size, 0);
    await using daemon = await startDaemon();
    const pull = () => request(daemon.socketPath, 'POST', `/v1.45/images/create?fromImage=${proxy.host}/big&tag=v1`);
    // Bytes that a killed daemon was sent and did not write.
    let lost = 0;
    const pace = async (sent: number): Promise<void> => {
      while (sent - lost - arrived(daemon) > aheadBytes) await setTimeout(2);
    };
    for (let kill = 1; kill <= kills; kill++) {
      // Anywhere, but once in each part.
      const at = total * (kill - 1 + Math.random()) / (kills + 0.5);
      const reached = Promise.withResolvers<void>();
      proxy.onPiece = (sent) => {
        if (sent < at) return pace(sent);
        reached.resolve();
        return pieceOnItsWay;
      };
      const pulled = pull().then(() => 'whole', () => 'cut off');
      const pieceOnItsWay = Promise.race([pulled, reached.promise.then(() => daemon.crash())]).then(() => { throw new Error('nobody takes it'); });
      pieceOnItsWay.catch(() => undefined);
      await reached.promise;
      assert.equal(await pulled, 'cut off');
      const onDisk = arrived(daemon);
      await daemon.start();
      assert.equal(arrived(daemon), onDisk);
      // By now the proxy has heard that nobody takes what it had in hand.
      lost = proxy.blobBytes - onDisk;
    }
    proxy.onPiece = pace;
    const { text } = await pull();
    assert.match(text, /Status: Downloaded newer image/);
    // What was on the disk never comes again; the manifest is there too, and is no blob to the proxy.
    assert.equal(proxy.blobBytes - lost, total + image.manifest.length);
    assert.deepEqual(stores(daemon), { blobs: 6, ingests: 0, layers: 4 });
  });

  it('in the middle of a load, leaves nothing of it after the next start', async () => {
    await using daemon = await startDaemon();
    const image = sample({ bytes: 4_000_000 });
    const archive = tarOf(layoutMembers(indexOf([describeManifest(image, 'docker.io/library/x:latest')]), [image]));
    const socket = connect(daemon.socketPath);
    socket.on('error', () => undefined);
    socket.write(`POST /v1.45/images/load HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nContent-Length: ${archive.length}\r\n\r\n`);
    socket.write(archive.subarray(0, 3_000_000));
    // The daemon has written a part of the layer, or is about to: either way nothing may stay.
    while (stores(daemon).ingests === 0) await new Promise((resolve) => setImmediate(resolve));
    await daemon.crashAndRestart();
    socket.destroy();
    assert.deepEqual(stores(daemon), { blobs: 0, ingests: 0, layers: 0 });
    const { status } = await daemon.request('POST', '/v1.45/images/load', archive);
    assert.equal(status, 200);
  });
});
