import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, copyFile, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import type { RegistryClientOptions } from '../../../src/registry/client/options.ts';
import { couple } from '../../support/couple.ts';
import { temporaryFolder as scopedFolder } from '../../support/temporary-folder.ts';
import { impatient, makeImage, memorySource, startFake, startRegistry, type TestImage } from './support.ts';

const image = makeImage();
const giveManifest = (_request: IncomingMessage, response: ServerResponse): void => void response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(image.manifest);

async function withClient<T>(options: RegistryClientOptions, act: (client: ReturnType<typeof createRegistryClient>) => Promise<T>): Promise<T> {
  const client = createRegistryClient({ ...impatient, ...options });
  try {
    return await act(client);
  } finally {
    client.close();
  }
}

/** A proxy that leads every name to one port of this machine, so that a test can have registries that are not on loopback. */
async function startTunnel(port: number): Promise<AsyncDisposable & { url: string; asked: string[] }> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    giveManifest(request, response);
  });
  server.on('connect', (request, inner: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    couple(inner, connect(port, '127.0.0.1', () => inner.write('HTTP/1.1 200 OK\r\n\r\n')), open);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a registry with TLS', () => {
  const stack = new AsyncDisposableStack();
  const host = 'registry.invalid';
  let folder: string;
  let tunnel: Awaited<ReturnType<typeof startTunnel>>;
  let port: number;
  let wantsClient: Awaited<ReturnType<typeof startTunnel>>;
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

  before(async () => {
    folder = stack.use(await scopedFolder()).path;
    openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test authority');
    openssl('req', '-x509', ...ec, '-keyout', 'server.key', '-out', 'server.crt', '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`, '-addext', 'basicConstraints=CA:false', '-CA', 'ca.crt', '-CAkey', 'ca.key');
    openssl('req', '-x509', ...ec, '-keyout', 'client.key', '-out', 'client.cert', '-subj', '/CN=client', '-addext', 'basicConstraints=CA:false', '-CA', 'ca.crt', '-CAkey', 'ca.key');
    const registry = stack.use(await startRegistry({ tls: { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') } }));
    port = registry.port;
    tunnel = stack.use(await startTunnel(port));
    const read = (name: string): Buffer => readFileSync(join(folder, name));
    const strict = createTlsServer({ cert: read('server.crt'), key: read('server.key'), ca: read('ca.crt'), requestCert: true, rejectUnauthorized: true }, giveManifest);
    await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve));
    stack.defer(() => {
      strict.closeAllConnections();
      strict.close();
    });
    wantsClient = stack.use(await startTunnel((strict.address() as AddressInfo).port));
  });
  after(() => stack.disposeAsync());

  /** A certs.d with these files for the registry. */
  const certsDir = async (name: string, ...files: string[]): Promise<string> => {
    await mkdir(join(folder, name, host), { recursive: true });
    for (const file of files) await copyFile(join(folder, file), join(folder, name, host, file));
    return join(folder, name);
  };
  const ping = (options: RegistryClientOptions, through = tunnel): Promise<void> => withClient({ proxyEnvironment: { HTTPS_PROXY: through.url }, ...options }, (client) => client.ping(host));

  it('is refused when nobody we trust vouches for it, with the way out', async () => {
    await assert.rejects(ping({}), (error: Error & { hint?: string }) => error.message.startsWith('Get "https://registry.invalid/v2/": tls: failed to verify certificate: x509: ') && /certs\.d\/registry\.invalid\/ca\.crt/.test(error.hint ?? ''));
  });
  it('is trusted by the ca.crt of its folder in certs.d', async () => {
    await ping({ certificateFolders: [await certsDir('trusted', 'ca.crt')] });
  });
  it('is taken as it is where it is listed as insecure', async () => {
    await ping({ insecureRegistries: [host] });
  });
  it('that wants a client certificate is shown the one of certs.d, and no other host is', async () => {
    const [withOne, without] = [await certsDir('both', 'ca.crt', 'client.cert', 'client.key'), await certsDir('authority', 'ca.crt')];
    await ping({ certificateFolders: [withOne] }, wantsClient);
    await assert.rejects(ping({ certificateFolders: [without] }, wantsClient), { kind: 'unavailable' });
    await rm(join(withOne, host, 'client.key'));
    await assert.rejects(ping({ certificateFolders: [withOne] }, wantsClient), { kind: 'invalid', message: /missing key client\.key for client certificate client\.cert/ });
  });
  it('is never asked without TLS, unless it is insecure', async () => {
    tunnel.asked.length = 0;
    const environment = { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: tunnel.url };
    await assert.rejects(withClient({ proxyEnvironment: environment }, (client) => client.ping(host)), { kind: 'unavailable' });
    assert.deepEqual(tunnel.asked, []);
    await withClient({ proxyEnvironment: environment, insecureRegistries: [host] }, (client) => client.getManifest({ registry: host, name: 'a' }, 'v1'));
    assert.deepEqual(tunnel.asked, [`GET http://${host}/v2/a/manifests/v1`]);
  });
  it('is asked without the proxy where NO_PROXY exempts it', async () => {
    // Reaches this machine, and is not loopback by its name.
    const here = `0.0.0.0:${port}`;
    for (const [exempt, asked] of [['.other,0.0.0.0', []], [`0.0.0.0:${port}`, []], ['0.0.0.0:1', [`CONNECT ${here}`]], ['', [`CONNECT ${here}`]]] as const) {
      tunnel.asked.length = 0;
      await withClient({ insecureRegistries: [here], proxyEnvironment: { HTTPS_PROXY: tunnel.url, NO_PROXY: exempt } }, (client) => client.ping(here));
      assert.deepEqual(tunnel.asked, asked, exempt);
    }
  });
});

describe('mirrors', () => {
  it('are asked in their order until one has it; what is pushed goes to the registry alone', async () => {
    const asked: string[] = [];
    const named = (name: string, answer: (request: IncomingMessage, response: ServerResponse) => void) => startFake((request, response) => {
      asked.push(`${name} ${request.method}`);
      answer(request, response);
    });
    await using broken = await named('broken', (_request, response) => response.writeHead(500).end());
    await using silent = await named('silent', (_request, response) => response.destroy());
    await using good = await named('good', giveManifest);
    await using unasked = await named('unasked', giveManifest);
    await using origin = await startRegistry();
    const mirrors = { [origin.host]: [broken.url, silent.url, `${good.url}/path/`, unasked.url] };
    await withClient({ mirrors }, async (client) => {
      const repository = { registry: origin.host, name: 'a' };
      assert.equal((await client.getManifest(repository, 'v1')).descriptor.digest, image.digest);
      assert.deepEqual([asked, good.requests[0]!.url], [['broken GET', 'silent GET', 'good GET'], '/path/v2/a/manifests/v1']);
      asked.length = 0;
      for (const bytes of [image.config, image.layer]) await client.pushBlob({ repository, descriptor: { digest: digestOf(bytes), size: bytes.length }, source: memorySource(bytes) });
      await client.putManifest(repository, { reference: 'v1', mediaType: mediaTypes.ociManifest, bytes: image.manifest });
      assert.deepEqual(asked, []);
    });
  });
});

describe('a registry that limits how often it is asked', () => {
  it('is waited for when it says how long, and that is soon', async () => {
    let count = 0;
    await using registry = await startFake((request, response) => (count++ === 0 ? void response.writeHead(429, { 'retry-after': '0' }).end() : giveManifest(request, response)));
    await withClient({ retry: { attempts: 2 } }, (client) => client.getManifest({ registry: registry.host, name: 'a' }, 'v1'));
    assert.equal(count, 2);
  });
});

describe('a registry without the list of referrers', () => {
  it('has them under a tag', async () => {
    const referrer = { mediaType: mediaTypes.ociManifest, digest: digestOf('signature'), size: 10, artifactType: 'a/b' };
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [referrer, { ...referrer, digest: digestOf('other'), artifactType: 'c/d' }] }));
    const tag = image.digest.replace(':', '-');
    await using registry = await startFake((request, response) => {
      if (request.url === `/v2/a/manifests/${tag}`) response.writeHead(200, { 'content-type': mediaTypes.ociIndex }).end(index);
      else response.writeHead(404).end();
    });
    await withClient({}, async (client) => {
      const repository = { registry: registry.host, name: 'a' };
      assert.deepEqual((await client.listReferrers(repository, { digest: image.digest })).map(({ artifactType }) => artifactType), ['a/b', 'c/d']);
      assert.deepEqual((await client.listReferrers(repository, { digest: image.digest, artifactType: 'a/b' })).map(({ digest }) => digest), [referrer.digest]);
      assert.deepEqual(await client.listReferrers(repository, { digest: digestOf('unsigned') }), []);
    });
  });

  for (const [what, etagOf, atOnce] of [
    ['from several pushers who read the same list: all are in it', (bytes: Buffer) => `"${digestOf(bytes)}"`, 8],
    ['one after the other, though it does not know its own mark again', () => '"one for all"', 1],
  ] as const) {
    it(`is given referrers ${what}`, async () => {
      const kept = new Map<string, Buffer>();
      const tag = image.digest.replace(':', '-');
      let [readers, refusals] = [0, 0];
      const allHaveRead = Promise.withResolvers<void>();
      await using registry = await startFake(async (request, response) => {
        const reference = request.url!.split('/').at(-1)!;
        const known = kept.get(reference);
        if (request.method === 'GET') {
          if (reference === tag && ++readers === atOnce) allHaveRead.resolve();
          if (reference === tag) await allHaveRead.promise;
          if (known === undefined) return void response.writeHead(404).end();
          return void response.writeHead(200, { 'content-type': mediaTypes.ociIndex, etag: etagOf(known) }).end(known);
        }
        const bytes = await buffer(request);
        // Judged when all of it is here, and in one turn.
        const now = kept.get(reference);
        const wanted = request.headers['if-match'];
        const isStale = request.headers['if-none-match'] === '*' ? now !== undefined : wanted !== undefined && (now === undefined || `"${digestOf(now)}"` !== wanted);
        if (isStale) refusals++;
        else kept.set(reference, bytes);
        response.writeHead(isStale ? 412 : 201).end();
      });
      await withClient({}, async (client) => {
        const repository = { registry: registry.host, name: 'a' };
        const subject = { mediaType: mediaTypes.ociManifest, digest: image.digest, size: image.manifest.length };
        const made = Array.from({ length: 8 }, (_, index) => makeImage('x', { subject, artifactType: 'a/b', annotations: { index: String(index) } }));
        const push = ({ digest, manifest }: TestImage): Promise<unknown> => client.putManifest(repository, { reference: digest, mediaType: mediaTypes.ociManifest, bytes: manifest });
        for (let first = 0; first < made.length; first += atOnce) await Promise.all(made.slice(first, first + atOnce).map(push));
        const listed = await client.listReferrers(repository, { digest: image.digest });
        assert.deepEqual(listed.map(({ digest }) => digest).sort(), made.map(({ digest }) => digest).sort());
        assert.ok(refusals >= made.length - 1, String(refusals));
      });
    });
  }
});

describe('a registry of ours', () => {
  it('cuts off who never ends a header, or falls silent in a body', async () => {
    await using registry = await startRegistry({ patience: { headerMs: 200, silenceMs: 200 } });
    for (const words of ['GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Slow: ', 'PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{']) {
      const socket = connect(registry.port, '127.0.0.1', () => socket.write(words));
      socket.on('error', () => undefined).resume();
      await once(socket, 'close');
    }
    // It serves on; on a busy machine 200 ms may be over for this client, too, and then for the next one.
    while (await fetch(`${registry.url}/v2/`).then(({ status }) => status, () => 0) !== 200) { /* until one is quick enough */ }
  });

  it('shows nobody\'s markup on its page', async () => {
    await using registry = await startRegistry();
    await withClient({}, async (client) => {
      const repository = { registry: registry.host, name: 'a' };
      for (const bytes of [image.config, image.layer]) await client.pushBlob({ repository, descriptor: { digest: digestOf(bytes), size: bytes.length }, source: memorySource(bytes) });
      await client.putManifest(repository, { reference: 'v1', mediaType: mediaTypes.ociManifest, bytes: image.manifest });
    });
    const socket = connect(registry.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: "><script>alert(1)</script>\r\nConnection: close\r\n\r\n'));
    const page = (await socket.toArray() as Buffer[]).map(String).join('');
    assert.match(page, /&#34;&#62;&#60;script&#62;alert\(1\)&#60;\/script&#62;\/a:v1|HTTP\/1\.1 400/);
    assert.doesNotMatch(page, /<script>/);
    assert.match(page, /content-security-policy: default-src 'none'|HTTP\/1\.1 400/);
    assert.equal((await fetch(`${registry.url}/v2/a/manifests/%3Cscript%3E`)).headers.get('content-type'), 'application/json');
  });
});
