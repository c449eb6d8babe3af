import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { isGantryError, type GantryError } from '../../../src/base/errors.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { createRegistryClient, type RegistryClient } from '../../../src/registry/client/client.ts';
import { login } from '../../../src/registry/client/login.ts';
import type { RegistryClientOptions } from '../../../src/registry/client/options.ts';
import { createFilesystemStorage } from '../../../src/registry/server/storage/filesystem.ts';
import { impatient, makeImage, startFake, temporaryFolder } from './support.ts';

const image = makeImage();
const blob = Buffer.from('the right bytes');
const descriptor = { digest: digestOf(blob), size: blob.length };

type Listener = (request: IncomingMessage, response: ServerResponse) => void;
const reply = (status: number, headers: Record<string, string>, body: string | Buffer = ''): Listener => (_request, response) => {
  response.writeHead(status, headers).end(body);
};

/** What `act` fails with against a registry that behaves like `listener`. The failure names the registry. */
async function failureOf(listener: Listener, act: (client: RegistryClient, host: string) => Promise<unknown>, options: RegistryClientOptions = {}): Promise<GantryError> {
  await using fake = await startFake(listener);
  const client = createRegistryClient({ ...impatient, ...options });
  try {
    await act(client, fake.host);
  } catch (error) {
    assert.ok(isGantryError(error), String(error));
    assert.match(error.message, new RegExp(`registry ${fake.host}`));
    return error;
  } finally {
    client.close();
  }
  assert.fail('the registry was believed');
}

const pullManifest = (reference: string) => (client: RegistryClient, registry: string) => client.getManifest({ registry, name: 'a' }, reference);

describe('getManifest() from a registry that lies', () => {
  const manifestHeaders = { 'content-type': mediaTypes.ociManifest };
  const both = JSON.stringify({ schemaVersion: 2, layers: [], manifests: [], config: {} });
  const rows: [what: string, reference: string, listener: Listener, reason: RegExp][] = [
    ['another manifest than the digest says', digestOf('other'), reply(200, manifestHeaders, image.manifest), /has digest sha256:.*, not/],
    ['a digest header that is wrong', 'v1', reply(200, { ...manifestHeaders, 'docker-content-digest': digestOf('z') }, image.manifest), /has digest/],
    ['a wrong header beside the right digest', image.digest, reply(200, { ...manifestHeaders, 'docker-content-digest': digestOf('z') }, image.manifest), /its header says/],
    ['a manifest as index', 'v1', reply(200, { 'content-type': mediaTypes.ociIndex }, image.manifest), /came as .*index.* but says it is/],
    ['a document that is both', 'v1', reply(200, manifestHeaders, both), /fields of another type/],
    ['a page of HTML', 'v1', reply(200, { 'content-type': 'text/html' }, '<html>'), /not JSON/],
    ['JSON that is no manifest', 'v1', reply(200, { 'content-type': 'application/json' }, '{}'), /not a manifest/],
    ['schema version 1', 'v1', reply(200, { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }, '{}'), /schema version 1/],
    ['100 MB announced', 'v1', reply(200, { ...manifestHeaders, 'content-length': '104857600' }, 'x'), /larger than the 4194304 bytes/],
    ['a refusal with its reason', 'v1', reply(404, {}, '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'), /: manifest unknown$/],
    ['a redirect loop', 'v1', (request, response) => response.writeHead(307, { location: request.url! }).end(), /more than 10 redirects/],
    ['escapes for a terminal in its refusal', 'v1', reply(404, {}, JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'x\u001b[31m\u0000\r\ny\u009b2J' }] })), /^[\x20-\x7e]*x \[31m y 2J$/],
    ['escapes for a terminal in its media type', 'v1', reply(200, manifestHeaders, JSON.stringify({ schemaVersion: 2, mediaType: 'a\u001b]0;x\u0007' })), /^[\x20-\x7e]*says it is a \]0;x$/],
    ['a redirect to a file', 'v1', reply(307, { location: 'file:///etc/passwd' }), /not HTTP/],
  ];
  for (const [what, reference, listener, reason] of rows) {
    it(`refuses ${what}`, async () => assert.match((await failureOf(listener, pullManifest(reference))).message, reason));
  }

  it('stops reading a manifest that never ends', async () => {
    let sent = 0;
    const failure = await failureOf((_request, response) => {
      response.writeHead(200, manifestHeaders);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    }, pullManifest('v1'));
    assert.match(failure.message, /larger than/);
    assert.ok(sent < 64 << 20);
  });
  it('gives up on a manifest that drips', async () => {
    const failure = await failureOf((_request, response) => {
      response.writeHead(200, manifestHeaders);
      const timer = setInterval(() => response.write('{'), 5);
      response.on('close', () => clearInterval(timer));
    }, pullManifest('v1'), { timeouts: { smallBodyMs: 100 } });
    assert.match(failure.message, /did not arrive within 100 ms/);
  });
  it('gives up on a registry that never answers', async () => {
    assert.match((await failureOf(() => undefined, pullManifest('v1'), { timeouts: { headerMs: 50 } })).message, /no answer came/);
  });
  it('tells the rate limit', async () => {
    const failure = await failureOf(reply(429, { 'retry-after': '3600', 'ratelimit-limit': '100;w=21600' }, '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}'), pullManifest('v1'));
    assert.match(failure.message, /toomanyrequests: slow down/);
    assert.match(failure.hint ?? '', /100 in 6 h.*wait 3600 s/);
  });
  it('lists no pages without end', async () => {
    const failure = await failureOf(reply(200, { link: '</v2/a/tags/list?last=x>; rel="next"' }, '{"tags":["x"]}'), (client, registry) => client.listTags({ registry, name: 'a' }));
    assert.match(failure.message, /leads astray/);
  });
});

describe('fetchBlobs() from a registry that lies', () => {
  const rows: [what: string, listener: Listener, reason: RegExp][] = [
    ['other bytes of the right length', reply(200, {}, 'THE WRONG BYTES'), /digest/],
    ['a longer body', reply(200, { 'content-length': '900' }, Buffer.alloc(900)), /is 900 bytes long, not 15/],
    ['a longer body without a length', (_request, response) => { response.writeHead(200); response.write(blob); response.end('more'); }, /larger than its 15 bytes/],
    ['a body that ends early', (_request, response) => { response.writeHead(200); response.end('the'); }, /12 bytes smaller/],
    ['a part instead of the whole', reply(206, { 'content-range': 'bytes 5-14/15' }, 'ght bytes!'), /range/],
  ];
  for (const [what, listener, reason] of rows) {
    it(`refuses ${what}, and keeps nothing`, async () => {
      const root = await temporaryFolder();
      try {
        const sink = createFilesystemStorage(root).blobs;
        await using fake = await startFake(listener);
        const client = createRegistryClient(impatient);
        await assert.rejects(client.fetchBlobs({ repository: { registry: fake.host, name: 'a' }, descriptors: [descriptor], sink, concurrency: 2 }), reason);
        client.close();
        assert.equal(await sink.size(descriptor.digest), undefined);
        assert.deepEqual(await readdir(join(root, 'ingest')), []);
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    });
  }
});

describe('credentials', () => {
  const secret = { credentials: async () => ({ username: 'u', password: 'p' }) };

  it('do not follow a redirect to another host, nor answer its challenge', async () => {
    await using second = await startFake(reply(401, { 'www-authenticate': 'Basic realm="x"' }));
    const failure = await failureOf((request, response) => {
      if (request.headers.authorization === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="first"' }).end();
      else response.writeHead(307, { location: `${second.url}/blob` }).end();
    }, (client, registry) => client.openBlob({ repository: { registry, name: 'a' }, descriptor }).toArray(), secret);
    assert.equal(failure.kind, 'unauthorized');
    assert.ok(second.requests.length > 0);
    assert.deepEqual(second.requests.map((request) => request.headers.authorization), second.requests.map(() => undefined));
  });
  it('do not go where an upload is sent on another host', async () => {
    const source = { read: async () => Readable.from([blob]) };
    await using second = await startFake((request, response) => void request.resume().on('end', () => response.writeHead(201).end()));
    await using first = await startFake((request, response) => {
      if (request.headers.authorization === undefined) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="first"' }).end();
      if (request.method === 'HEAD') return void response.writeHead(404).end();
      response.writeHead(202, { location: `${second.url}/upload?secret=1` }).end();
    });
    const client = createRegistryClient({ ...impatient, ...secret });
    assert.equal(await client.pushBlob({ repository: { registry: first.host, name: 'a' }, descriptor, source }), 'uploaded');
    client.close();
    assert.deepEqual(second.requests.map(({ method, url, headers }) => [method, url, headers.authorization]), [['PUT', `/upload?secret=1&digest=${encodeURIComponent(descriptor.digest)}`, undefined]]);
  });
  it('go to a token server, and the token goes to the registry alone', async () => {
    const asked: (string | undefined)[] = [];
    await using fake = await startFake((request, response) => {
      if (request.url!.startsWith('/token')) {
        assert.equal(new URL(request.url!, 'http://x').searchParams.get('scope'), 'repository:a:pull');
        asked.push(request.headers.authorization);
        response.end(JSON.stringify({ token: 'T' }));
      } else if (request.headers.authorization === 'Bearer T') {
        response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(image.manifest);
      } else {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service="s",scope="repository:a:pull"` }).end();
      }
    });
    const client = createRegistryClient({ ...impatient, ...secret });
    for (let count = 0; count < 3; count += 1) await client.getManifest({ registry: fake.host, name: 'a' }, 'v1');
    client.close();
    assert.deepEqual(asked, [`Basic ${Buffer.from('u:p').toString('base64')}`]);
  });
  it('exchange an identity token by POST', async () => {
    let form = '';
    await using fake = await startFake(async (request, response) => {
      if (request.url === '/token') {
        form = Buffer.concat(await request.toArray()).toString();
        response.end('{"access_token":"T"}');
      } else if (request.headers.authorization === 'Bearer T') response.end('{}');
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service="s"` }).end();
    });
    const client = createRegistryClient({ ...impatient, credentials: async () => ({ identityToken: 'R' }) });
    await client.ping(fake.host);
    client.close();
    assert.equal(new URLSearchParams(form).get('grant_type'), 'refresh_token');
    assert.equal(new URLSearchParams(form).get('refresh_token'), 'R');
  });
  it('are checked by login(), which keeps what the token server gives for the password', async () => {
    await using fake = await startFake((request, response) => {
      const url = new URL(request.url!, 'http://x');
      const isRight = request.headers.authorization === `Basic ${Buffer.from('u:p').toString('base64')}`;
      if (url.pathname === '/token') response.writeHead(isRight ? 200 : 401).end(isRight ? `{"token":"T","refresh_token":"${url.searchParams.get('offline_token')}"}` : '{"details":"incorrect username or password"}');
      else if (request.headers.authorization === 'Bearer T') response.end('{}');
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service="s"` }).end();
    });
    assert.deepEqual(await login(fake.host, { username: 'u', password: 'p' }, impatient), { identityToken: 'true' });
    await assert.rejects(login(fake.host, { username: 'u', password: 'wrong' }, impatient), /incorrect username or password/);
  });
  it('are shown again for a token that ended early, once for all who were refused at once', async () => {
    let good = 0;
    let refused = 0;
    const waiting: (() => void)[] = [];
    await using fake = await startFake((request, response) => {
      if (request.url!.startsWith('/token')) return void response.end(JSON.stringify({ token: `T${good += 1}`, expires_in: 3600 }));
      const isFirst = request.headers.authorization === 'Bearer T1' && refused > 0;
      if (request.headers.authorization === `Bearer T${good}` && !isFirst) return void response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(image.manifest);
      const refuse = (): void => void response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }).end();
      if (!isFirst) return refuse();
      // All are refused when the last of them is here.
      waiting.push(refuse);
      if (waiting.length === refused) waiting.splice(0).forEach((each) => each());
    });
    const client = createRegistryClient({ ...impatient, ...secret });
    const pull = () => client.getManifest({ registry: fake.host, name: 'a' }, 'v1');
    await pull();
    refused = 4;
    const pulled = await Promise.all(Array.from({ length: refused }, pull));
    client.close();
    assert.deepEqual(pulled.map(({ descriptor }) => descriptor.digest), Array(4).fill(image.digest));
    assert.equal(good, 2);
  });
  it('end in an error, not a loop, where every token is refused', async () => {
    const failure = await failureOf((request, response) => {
      if (request.url!.startsWith('/token')) response.end('{"token":"T"}');
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }).end();
    }, pullManifest('v1'), secret);
    assert.equal(failure.kind, 'unauthorized');
  });
});

describe('a broken transfer', () => {
  it('goes on by Range where it broke, and brings the bytes of one', async () => {
    const big = Buffer.alloc(3 << 20, 'gantry');
    let sent = 0;
    await using fake = await startFake((request, response) => {
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const part = big.subarray(from, from + (1 << 20));
      sent += part.length;
      const last = from + part.length === big.length;
      response.writeHead(from === 0 ? 200 : 206, { 'content-length': String(big.length - from), ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${big.length - 1}/${big.length}` }) });
      response.write(part, () => last ? response.end() : response.socket?.end());
    });
    const client = createRegistryClient({ retry: { attempts: 5, firstPauseMs: 1, longestPauseMs: 1 } });
    const got = Buffer.concat(await client.openBlob({ repository: { registry: fake.host, name: 'a' }, descriptor: { digest: digestOf(big), size: big.length } }).toArray() as Buffer[]);
    client.close();
    assert.equal(digestOf(got), digestOf(big));
    assert.equal(sent, big.length);
  });
  it('ends at once when it is cancelled', async () => {
    const stop = new AbortController();
    await using fake = await startFake((_request, response) => {
      response.writeHead(200, { 'content-length': String(blob.length) });
      response.write('the', () => stop.abort());
    });
    const client = createRegistryClient(impatient);
    await assert.rejects(client.openBlob({ repository: { registry: fake.host, name: 'a' }, descriptor, signal: stop.signal }).toArray(), (error) => isGantryError(error) && error.kind === 'cancelled');
    client.close();
  });
  it('goes by GET where a registry does not know HEAD', async () => {
    await using fake = await startFake((request, response) => {
      if (request.method === 'HEAD') response.writeHead(405).end();
      else if (request.method === 'POST') response.writeHead(202, { location: '/upload' }).end();
      else request.resume().on('end', () => response.writeHead(201).end());
    });
    const client = createRegistryClient(impatient);
    const repository = { registry: fake.host, name: 'a' };
    assert.equal(await client.headManifest(repository, 'v1'), undefined);
    assert.equal(await client.pushBlob({ repository, descriptor, source: { read: async () => Readable.from([blob]) } }), 'uploaded');
    client.close();
  });
  it('asks again after 503, a bounded number of times', async () => {
    let count = 0;
    await using fake = await startFake((_request, response) => {
      count += 1;
      if (count < 3) response.writeHead(503).end();
      else response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(image.manifest);
    });
    const client = createRegistryClient({ retry: { attempts: 3, firstPauseMs: 1, longestPauseMs: 1 } });
    assert.equal((await client.getManifest({ registry: fake.host, name: 'a' }, 'v1')).descriptor.digest, image.digest);
    client.close();
    assert.equal(count, 3);
  });
});

describe('mirrors', () => {
  it('are asked first, and the registry when they fail', async () => {
    await using mirror = await startFake(reply(404, {}));
    await using origin = await startFake(reply(200, { 'content-type': mediaTypes.ociManifest }, image.manifest));
    const client = createRegistryClient({ ...impatient, mirrors: { [origin.host]: [mirror.url] } });
    assert.equal((await client.getManifest({ registry: origin.host, name: 'a' }, 'v1')).descriptor.digest, image.digest);
    client.close();
    assert.deepEqual(mirror.requests.map((request) => request.url), ['/v2/a/manifests/v1']);
  });
});
