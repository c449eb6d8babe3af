import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ProgressLine } from '../../../src/engine/images/verbs.ts';
import { startFake } from '../registry/support.ts';
import { tarOf } from './archive-builder.ts';
import { imageFixture } from './image-fixture.ts';
import { registryPort } from './registry-fixture.ts';

const tar = tarOf([{ name: 'etc/hostname', body: 'far away\n' }]);
const archive = gzipSync(tar);
const options = (lines: ProgressLine[] = []) => ({ repository: 'far', tag: '', message: '', changes: [] as string[], progress: (line: ProgressLine) => void lines.push(line), signal: new AbortController().signal });
const nothing = { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 };

describe('import from a URL', () => {
  it("brings what is there, with Docker's lines", async () => {
    await using server = await startFake((_request, response) => response.writeHead(200, { 'content-length': archive.length }).end(archive));
    await using fixture = imageFixture({ registry: registryPort() });
    const lines: ProgressLine[] = [];
    const id = await fixture.images.import(new URL(`${server.url}/root.tar.gz?token=secret`), options(lines));
    assert.equal(fixture.images.resolve('far').id, id);
    assert.deepEqual([lines[0], lines.at(-2), lines.at(-1)], [
      { status: `Downloading from ${server.url}/root.tar.gz?token=…` }, { status: 'Importing', progress: { current: archive.length, total: archive.length } }, { status: id },
    ]);
  });

  it('shows a password to the host of the URL alone', async () => {
    await using elsewhere = await startFake((_request, response) => response.end(archive));
    await using server = await startFake((_request, response) => response.writeHead(302, { location: `${elsewhere.url}/moved` }).end());
    await using fixture = imageFixture({ registry: registryPort() });
    await fixture.images.import(new URL(`http://me:s%40cret@${server.host}/root.tar`), options());
    assert.deepEqual([server, elsewhere].map(({ requests }) => requests[0]!.headers.authorization), [`Basic ${Buffer.from('me:s@cret').toString('base64')}`, undefined]);
  });

  it('goes through the proxy that the settings name', async () => {
    await using proxy = await startFake((_request, response) => response.end(archive));
    await using fixture = imageFixture({ registry: registryPort({ proxyEnvironment: { HTTP_PROXY: proxy.url } }) });
    await fixture.images.import(new URL('http://images.example.com/root.tar'), options());
    assert.equal(proxy.requests[0]!.url, 'http://images.example.com/root.tar');
  });

  const refused: [what: string, message: RegExp, answer: Parameters<typeof startFake>[0]][] = [
    ['a status that is not 200', /failed to GET .*\/x with status 503/, (_request, response) => response.writeHead(503).end()],
    ['a redirect that leads round and round', /more than 10 redirects/, (request, response) => response.writeHead(302, { location: request.url }).end()],
    ['a redirect to something else', /a redirect to something that is not HTTP/, (_request, response) => response.writeHead(302, { location: 'file:///etc/shadow' }).end()],
    ['a body that is cut', /cannot download .*\/x/, (_request, response) => response.writeHead(200, { 'content-length': archive.length + 1 }).write(archive, () => response.destroy())],
    ['what is no archive', /./, (_request, response) => response.end(Buffer.alloc(1024, 'x'))],
  ];
  for (const [what, message, listener] of refused) {
    it(`refuses ${what}, and keeps nothing`, async () => {
      await using server = await startFake(listener);
      await using fixture = imageFixture({ registry: registryPort() });
      await assert.rejects(fixture.images.import(new URL(`${server.url}/x`), options()), message);
      assert.deepEqual(await fixture.census(), nothing);
    });
  }

  it('refuses another protocol', async () => {
    await using fixture = imageFixture({ registry: registryPort() });
    await assert.rejects(fixture.images.import(new URL('file:///etc/passwd'), options()), { kind: 'invalid', message: /only http and https/ });
  });
});
