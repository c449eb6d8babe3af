import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect } from 'node:tls';
import { hasKind } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import type { RegistryClientOptions } from '../../../src/registry/client/options.ts';
import { followCertificate, readCertificate } from '../../../src/registry/server/certificate.ts';
import { startFront } from '../../support/couple.ts';
import { impatient, makeImage, memorySource, pushImage, startRegistry, temporaryFolder } from './support.ts';

/** bcrypt of `secret`. */
const hash = '$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u';
const image = makeImage();
const as = (username: string, password = 'secret'): RegistryClientOptions => ({ ...impatient, credentials: async () => ({ username, password }) });

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function using(options: RegistryClientOptions, act: (client: ReturnType<typeof createRegistryClient>) => Promise<void>): Promise<void> {
  const client = createRegistryClient(options);
  try {
    await act(client);
  } finally {
    client.close();
  }
}

describe('a registry with users', () => {
  it('lets nobody in without the right password', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'users'), `alice:${hash}\n`);
    await using registry = await startRegistry({ htpasswd: join(folder, 'users') });
    for (const options of [impatient, as('alice', 'wrong'), as('bob')]) {
      await using(options, (client) => assert.rejects(client.ping(registry.host), (error) => hasKind(error, 'unauthorized')));
    }
    await using(as('alice'), async (client) => {
      await client.ping(registry.host);
      await pushImage(client, { host: registry.host, name: 'a', reference: 'v1' }, image);
    });
    assert.match((await fetch(`${registry.url}/v2/`)).headers.get('www-authenticate') ?? '', /^Basic/);
    assert.equal((await fetch(registry.url)).status, 401);
  }));

  it('gives rights per repository', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'users'), `alice:${hash}\nbob:${hash}\n`);
    await writeFile(join(folder, 'rules'), JSON.stringify([
      { user: 'alice', repository: 'team/**', actions: ['pull', 'push'] }, { user: 'bob', repository: 'team/web', actions: ['pull'] },
    ]));
    await using registry = await startRegistry({ htpasswd: join(folder, 'users'), rules: join(folder, 'rules') });
    await using(as('alice'), async (client) => {
      await pushImage(client, { host: registry.host, name: 'team/web', reference: 'v1' }, image);
      await pushImage(client, { host: registry.host, name: 'team/db', reference: 'v1' }, image);
      await assert.rejects(pushImage(client, { host: registry.host, name: 'other', reference: 'v1' }, image), (error) => hasKind(error, 'forbidden'));
    });
    await using(as('bob'), async (client) => {
      assert.equal((await client.getManifest({ registry: registry.host, name: 'team/web' }, 'v1')).descriptor.digest, image.digest);
      await assert.rejects(client.getManifest({ registry: registry.host, name: 'team/db' }, 'v1'), (error) => hasKind(error, 'forbidden'));
      assert.deepEqual(await client.listRepositories(registry.host), ['team/web']);
    });
    const stolen = await fetch(`${registry.url}/v2/team/web/blobs/uploads/?mount=${digestOf(image.layer)}&from=team/db`, {
      method: 'POST', headers: { authorization: `Basic ${Buffer.from('bob:secret').toString('base64')}` },
    });
    assert.equal(stolen.status, 403);
  }));

  it('lets anybody pull where that is wanted, and users push', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'users'), `alice:${hash}\n`);
    await using registry = await startRegistry({ htpasswd: join(folder, 'users'), anonymousPull: true });
    await using(as('alice'), (client) => pushImage(client, { host: registry.host, name: 'a', reference: 'v1' }, image));
    await using(impatient, async (client) => {
      assert.equal((await client.getManifest({ registry: registry.host, name: 'a' }, 'v1')).descriptor.digest, image.digest);
      await assert.rejects(pushImage(client, { host: registry.host, name: 'b', reference: 'v1' }, makeImage('y')), (error) => hasKind(error, 'unauthorized'));
    });
    await using(as('alice', 'wrong'), (client) => assert.rejects(client.ping(registry.host), (error) => hasKind(error, 'unauthorized')));
  }));

  it('does not start with a hash that is too weak', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'users'), 'alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n');
    await assert.rejects(startRegistry({ htpasswd: join(folder, 'users') }), /line 1.*alice/);
  }));
});

describe('a registry that is read-only', () => {
  it('serves pulls and refuses the rest', async () => {
    await using writable = await startRegistry();
    await using(impatient, async (client) => {
      await pushImage(client, { host: writable.host, name: 'a', reference: 'v1' }, image);
      await using registry = await startRegistry({ root: writable.root, readOnly: true });
      assert.equal((await client.getManifest({ registry: registry.host, name: 'a' }, 'v1')).descriptor.digest, image.digest);
      await assert.rejects(pushImage(client, { host: registry.host, name: 'b', reference: 'v1' }, image), /read-only/);
      assert.equal((await fetch(`${registry.url}/v2/a/manifests/v1`, { method: 'DELETE' })).status, 405);
    });
  });
});

describe('an upload', () => {
  it('survives a restart of the registry', () => inFolder(async (root) => {
    const first = await startRegistry({ root });
    const location = (await fetch(`${first.url}/v2/a/blobs/uploads/`, { method: 'POST' })).headers.get('location')!;
    await fetch(first.url + location, { method: 'PATCH', body: 'first ', headers: { 'content-range': '0-5' } });
    await first.close();
    await using second = await startRegistry({ root });
    assert.equal((await fetch(second.url + location)).headers.get('range'), '0-5');
    const digest = digestOf('first second');
    assert.equal((await fetch(`${second.url}${location}?digest=${digest}`, { method: 'PUT', body: 'second' })).status, 201);
    assert.equal(await (await fetch(`${second.url}/v2/a/blobs/${digest}`)).text(), 'first second');
  }));
  it('in chunks arrives whole', async () => {
    await using registry = await startRegistry();
    const bytes = Buffer.alloc(1_000_000, 'chunk');
    const descriptor = { digest: digestOf(bytes), size: bytes.length };
    await using(impatient, async (client) => {
      const repository = { registry: registry.host, name: 'a' };
      const seen: number[] = [];
      const push = { repository, descriptor, source: memorySource(bytes), chunkBytes: 300_000 };
      assert.equal(await client.pushBlob({ ...push, onProgress: (sent) => seen.push(sent) }), 'uploaded');
      assert.equal(seen.at(-1), bytes.length);
      assert.equal(await client.pushBlob(push), 'exists');
      assert.equal(await client.pushBlob({ ...push, repository: { ...repository, name: 'b' }, mountFrom: ['nowhere', 'a'] }), 'mounted');
      assert.equal(digestOf(Buffer.concat(await client.openBlob({ repository, descriptor }).toArray() as Buffer[])), descriptor.digest);
    });
  });
});

describe('collection of garbage', () => {
  const all = { graceMs: -1000, removeUntagged: true, removeBlobs: true };

  it('takes what nothing names, and leaves the rest', async () => {
    await using registry = await startRegistry();
    await using(impatient, async (client) => {
      const [old, kept] = [makeImage('old'), makeImage('kept')];
      const signature = makeImage('kept', { subject: { mediaType: '', digest: kept.digest, size: kept.manifest.length }, artifactType: 'x/y' });
      await pushImage(client, { host: registry.host, name: 'a', reference: 'v1' }, old);
      await pushImage(client, { host: registry.host, name: 'a', reference: 'v1' }, kept);
      await pushImage(client, { host: registry.host, name: 'a', reference: signature.digest }, signature);
      await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: 'POST' });
      assert.deepEqual(await registry.server.collectGarbage({ ...all, removeUntagged: false }), { manifests: 0, links: 0, blobs: 0, bytes: 0, uploads: 1 });
      const collected = await registry.server.collectGarbage(all);
      assert.deepEqual([collected.manifests, collected.links, collected.blobs], [1, 2, 3]);
      const repository = { registry: registry.host, name: 'a' };
      assert.equal(await client.headBlob(repository, digestOf(kept.layer)), kept.layer.length);
      assert.equal((await client.listReferrers(repository, { digest: kept.digest })).length, 1);
      assert.equal(await client.headBlob(repository, digestOf(old.layer)), undefined);
      assert.equal((await readdir(join(registry.root, 'blobs', 'sha256'))).length, 4);
    });
  });
  it('leaves an upload alone that a client is sending, however long that takes', async () => {
    await using registry = await startRegistry();
    const location = (await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: 'POST' })).headers.get('location')!;
    const call = request(registry.url + location, { method: 'PATCH', headers: { 'content-length': 12 }, agent: false });
    call.write('first ');
    while ((await readdir(join(registry.root, 'ingest')).catch(() => [])).length === 0) await setImmediate();
    assert.equal((await registry.server.collectGarbage(all)).uploads, 0);
    const answered = once(call, 'response') as Promise<[IncomingMessage]>;
    call.end('second');
    assert.equal((await answered)[0].resume().statusCode, 202);
    assert.equal((await fetch(`${registry.url}${location}?digest=${digestOf('first second')}`, { method: 'PUT' })).status, 201);
  });
  it('loses no blob of the pushes that run meanwhile', async () => {
    await using registry = await startRegistry();
    await using(impatient, async (client) => {
      let isPushing = true;
      const collecting = (async () => {
        while (isPushing) await registry.server.collectGarbage({ ...all, graceMs: 60_000 });
      })();
      const images = Array.from({ length: 30 }, (_, index) => makeImage(`n${index}`));
      try {
        await Promise.all(images.map((one, index) => pushImage(client, { host: registry.host, name: `r${index % 3}`, reference: `t${index}` }, one)));
      } finally {
        isPushing = false;
        await collecting;
      }
      for (const [index, one] of images.entries()) {
        const repository = { registry: registry.host, name: `r${index % 3}` };
        assert.equal((await client.getManifest(repository, `t${index}`)).descriptor.digest, one.digest);
        assert.equal(await client.headBlob(repository, digestOf(one.layer)), one.layer.length);
      }
    });
  });
});

describe('a cache of an upstream', () => {
  it('fetches once, and serves while the upstream is away', () => inFolder(async (folder) => {
    const origin = await startRegistry();
    await using front = await startFront(origin.host);
    await using(impatient, async (client) => {
      await pushImage(client, { host: origin.host, name: 'a', reference: 'v1' }, image);
      await using cache = await startRegistry({ root: folder, upstream: { registry: front.host, insecure: true, tagLifetimeMs: 0 } });
      const repository = { registry: cache.host, name: 'a' };
      const descriptor = { digest: digestOf(image.layer), size: image.layer.length };
      const pull = async (): Promise<string> => {
        assert.equal((await client.getManifest(repository, 'v1')).descriptor.digest, image.digest);
        return Buffer.concat(await client.openBlob({ repository, descriptor }).toArray() as Buffer[]).toString();
      };
      assert.deepEqual(await Promise.all([pull(), pull()]), [image.layer.toString(), image.layer.toString()]);
      await assert.rejects(client.getManifest(repository, 'absent'), (error) => hasKind(error, 'notFound'));
      await assert.rejects(pushImage(client, { host: cache.host, name: 'b', reference: 'v1' }, makeImage('new')), /cache/);
      const newer = makeImage('newer');
      await pushImage(client, { host: origin.host, name: 'a', reference: 'v1' }, newer);
      assert.equal((await client.getManifest(repository, 'v1')).descriptor.digest, newer.digest);
      await pushImage(client, { host: origin.host, name: 'a', reference: 'v1' }, image);
      await pull();
      front.target = undefined;
      await origin[Symbol.asyncDispose]();
      assert.equal(await pull(), image.layer.toString());
    });
  }));
});

describe('TLS', () => {
  it('shows new clients the certificate that was renewed, and keeps the old one while the new files do not fit', () => inFolder(async (folder) => {
    const [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
    const made = (name: string): string[] => ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
    execFileSync('openssl', [...made('old'), '-keyout', key, '-out', cert], { stdio: 'pipe' });
    execFileSync('openssl', [...made('new'), '-keyout', `${key}.new`, '-out', `${cert}.new`], { stdio: 'pipe' });
    const [refused, renewed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const log = { ...silentLog, warn: () => refused.resolve(), info: (message: string) => (message === 'certificate renewed' ? renewed.resolve() : undefined) };
    await using registry = await startRegistry({ tls: { cert, key }, log, patience: { certificateMs: 10 } });
    const shown = async (): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port: registry.port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return String(subject.CN);
    };
    assert.equal(await shown(), 'old');
    await rename(`${cert}.new`, cert);
    await refused.promise;
    assert.equal(await shown(), 'old');
    await rename(`${key}.new`, key);
    await renewed.promise;
    assert.equal(await shown(), 'new');
  }));
  it('notices a renewal in the moment between its reading and its watch', () => inFolder(async (folder) => {
    const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') };
    const make = (): Buffer => execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=x', '-keyout', files.key, '-out', files.cert], { stdio: 'pipe' });
    make();
    const { mark } = await readCertificate(files);
    make();
    const shown = Promise.withResolvers<unknown>();
    using _ = followCertificate({ setSecureContext: (pair) => shown.resolve(pair.cert) }, files, { mark, log: silentLog, lookEveryMs: 1 });
    // Nothing else keeps this process: a server would.
    const awake = setInterval(() => undefined, 1000);
    assert.deepEqual(await shown.promise, await readFile(files.cert));
    clearInterval(awake);
  }));
  it('is trusted by certs.d, also with a client certificate, and not without', () => inFolder(async (folder) => {
    const [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '2',
      '-subj', '/CN=gantry-test', '-addext', 'subjectAltName=DNS:localtest.invalid,IP:127.0.0.1'], { stdio: 'pipe' });
    await using registry = await startRegistry({ tls: { cert, key } });
    // Loopback is insecure by default, so the check is shown on the certificates alone.
    await using(impatient, (client) => client.ping(registry.host));
    const { createConnections } = await import('../../../src/registry/client/connections.ts');
    const { hostCertificates } = await import('../../../src/registry/client/certificates.ts');
    const host = 'localtest.invalid:5000';
    await mkdir(join(folder, 'certs.d', host), { recursive: true });
    execFileSync('cp', [cert, join(folder, 'certs.d', host, 'ca.crt')]);
    const { request } = await import('node:https');
    const status = async (certificateFolders: string[]): Promise<number> => {
      const connections = createConnections({ insecureRegistries: [], certificateFolders, proxyEnvironment: {} });
      const agent = await connections.agentFor(new URL(`https://${host}/`));
      try {
        return await new Promise((resolve, reject) => {
          request({ agent, host: '127.0.0.1', port: registry.port, path: '/v2/', servername: 'localtest.invalid' }, (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          }).on('error', reject).end();
        });
      } finally {
        connections.close();
      }
    };
    await assert.rejects(status([]), /self-signed/);
    assert.equal(await status([join(folder, 'certs.d')]), 200);
    await writeFile(join(folder, 'certs.d', host, 'client.cert'), 'x');
    await assert.rejects(hostCertificates(host, [join(folder, 'certs.d')]), /missing key client.key/);
  }));
});
