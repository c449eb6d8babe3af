import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { makeImage, pushImage, startRegistry, type TestRegistry } from './support.ts';

/** One test per row of https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints */
describe('a registry of ours, by distribution-spec 1.1', () => {
  let registry: TestRegistry;
  const client = createRegistryClient({});
  const image = makeImage();
  const layer = digestOf(image.layer);
  const call = (method: string, path: string, options: { body?: string | Buffer; headers?: Record<string, string> } = {}): Promise<Response> =>
    fetch(registry.url + path, { method, headers: options.headers, body: options.body as string | undefined, redirect: 'manual' });
  const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { errors: { code: string }[] }).errors[0]!.code;
  const start = async (name = 'a/b'): Promise<string> => (await call('POST', `/v2/${name}/blobs/uploads/`)).headers.get('location')!;
  const octets = { 'content-type': 'application/octet-stream' };

  before(async () => {
    registry = await startRegistry();
    await pushImage(client, { host: registry.host, name: 'a/b', reference: 'v1' }, image);
  });
  after(async () => {
    client.close();
    await registry[Symbol.asyncDispose]();
  });

  it('end-1: GET /v2/ answers 200', async () => assert.equal((await call('GET', '/v2/')).status, 200));

  it('end-2: GET and HEAD of a blob', async () => {
    const got = await call('GET', `/v2/a/b/blobs/${layer}`);
    assert.equal(got.headers.get('docker-content-digest'), layer);
    assert.equal(await got.text(), image.layer.toString());
    const head = await call('HEAD', `/v2/a/b/blobs/${layer}`);
    assert.equal(head.headers.get('content-length'), String(image.layer.length));
    const absent = await call('GET', `/v2/a/b/blobs/${digestOf('absent')}`);
    assert.deepEqual([absent.status, await codeOf(absent)], [404, 'BLOB_UNKNOWN']);
  });
  it('end-2: a range of a blob', async () => {
    const part = await call('GET', `/v2/a/b/blobs/${layer}`, { headers: { range: 'bytes=2-4' } });
    assert.deepEqual([part.status, part.headers.get('content-range'), await part.text()], [206, `bytes 2-4/${image.layer.length}`, 'yer']);
    assert.equal((await call('GET', `/v2/a/b/blobs/${layer}`, { headers: { range: 'bytes=900-' } })).status, 416);
  });
  it('end-2: a range from the end, without one, beyond it, or none that we know', async () => {
    const { length } = image.layer;
    const text = image.layer.toString();
    const rows: [range: string, status: number, body: string][] = [
      ['bytes=-3', 206, text.slice(-3)], ['bytes=3-', 206, text.slice(3)], [`bytes=0-${length + 100}`, 206, text], [`bytes=-${length + 100}`, 206, text], ['bytes=0-0', 206, text[0]!],
      ['bytes=0-1,3-4', 200, text], ['items=0-1', 200, text], ['bytes=a-b', 200, text],
    ];
    for (const [range, status, body] of rows) {
      const got = await call('GET', `/v2/a/b/blobs/${layer}`, { headers: { range } });
      assert.deepEqual([got.status, await got.text()], [status, body], range);
    }
    assert.equal((await call('GET', `/v2/a/b/blobs/${layer}`, { headers: { range: 'bytes=-0' } })).status, 416);
  });
  it('end-2: a HEAD knows no parts, and neither does who has the rest of something else', async () => {
    for (const [method, headers] of [['HEAD', { range: 'bytes=2-4' }], ['HEAD', { range: 'bytes=900-' }], ['GET', { range: 'bytes=2-4', 'if-range': '"another"' }]] as const) {
      const whole = await call(method, `/v2/a/b/blobs/${layer}`, { headers });
      assert.deepEqual([whole.status, whole.headers.get('content-range'), whole.headers.get('content-length')], [200, null, String(image.layer.length)]);
    }
    assert.equal((await call('GET', `/v2/a/b/blobs/${layer}`, { headers: { range: 'bytes=2-4', 'if-range': `"${layer}"` } })).status, 206);
  });
  it('end-2, end-3: a client that has it already is told so', async () => {
    for (const [path, tag] of [[`blobs/${layer}`, layer], ['manifests/v1', image.digest]] as const) {
      for (const known of [`"${tag}"`, `"x", W/"${tag}"`, '*']) {
        const answer = await call('GET', `/v2/a/b/${path}`, { headers: { 'if-none-match': known } });
        assert.deepEqual([answer.status, await answer.text(), answer.headers.get('etag')], [304, '', `"${tag}"`]);
      }
      assert.equal((await call('GET', `/v2/a/b/${path}`, { headers: { 'if-none-match': '"x"' } })).status, 200);
    }
  });
  it('end-2: a range that ends before it begins, or lies behind the end, is in no blob', async () => {
    for (const range of ['bytes=4-2', `bytes=${image.layer.length}-`]) {
      const refused = await call('GET', `/v2/a/b/blobs/${layer}`, { headers: { range } });
      assert.deepEqual([refused.status, refused.headers.get('content-range')], [416, `bytes */${image.layer.length}`]);
    }
  });
  it('end-2: a blob without a byte, by each way to push it, in both algorithms', async () => {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const digest = digestOf('', algorithm);
      const ways: (() => Promise<Response>)[] = [
        async () => call('PUT', `${await start()}?digest=${digest}`, { headers: octets }),
        async () => call('POST', `/v2/a/b/blobs/uploads/?digest=${digest}`, { headers: octets }),
        async () => call('PUT', `${(await call('PATCH', await start(), { headers: octets })).headers.get('location')}?digest=${digest}`),
      ];
      for (const push of ways) {
        assert.equal((await push()).status, 201);
        const got = await call('GET', `/v2/a/b/blobs/${digest}`);
        assert.deepEqual([got.status, got.headers.get('content-length'), (await got.arrayBuffer()).byteLength], [200, '0', 0]);
        assert.equal((await call('HEAD', `/v2/a/b/blobs/${digest}`)).headers.get('content-length'), '0');
        assert.equal((await call('DELETE', `/v2/a/b/blobs/${digest}`)).status, 202);
      }
    }
  });
  it('end-2: a blob is only in the repositories it was pushed to', async () => {
    assert.equal((await call('GET', `/v2/other/blobs/${layer}`)).status, 404);
  });

  it('end-3: GET and HEAD of a manifest, by tag and by digest', async () => {
    for (const reference of ['v1', image.digest]) {
      const got = await call('GET', `/v2/a/b/manifests/${reference}`);
      assert.equal(got.headers.get('content-type'), mediaTypes.ociManifest);
      assert.equal(digestOf(Buffer.from(await got.arrayBuffer())), image.digest);
      const head = await call('HEAD', `/v2/a/b/manifests/${reference}`);
      assert.deepEqual([head.status, head.headers.get('docker-content-digest'), head.headers.get('content-length')], [200, image.digest, String(image.manifest.length)]);
    }
    assert.equal(await codeOf(await call('GET', '/v2/a/b/manifests/absent')), 'MANIFEST_UNKNOWN');
    assert.equal(await codeOf(await call('GET', '/v2/absent/manifests/v1')), 'NAME_UNKNOWN');
  });
  it('end-3: a reference that nothing can have is not there; one in a push is wrong', async () => {
    for (const [method, reference, status] of [['GET', '.none', 404], ['HEAD', '.none', 404], ['DELETE', 'a'.repeat(129), 404], ['PUT', '.none', 400], ['GET', 'sha256:totallywrong', 400]] as const) {
      assert.equal((await call(method, `/v2/a/b/manifests/${reference}`)).status, status, `${method} ${reference}`);
    }
  });

  it('end-4a, end-6: POST, then the whole blob by PUT', async () => {
    const body = Buffer.from('post then put');
    const done = await call('PUT', `${await start()}?digest=${digestOf(body)}`, { body, headers: octets });
    assert.deepEqual([done.status, done.headers.get('location')], [201, `/v2/a/b/blobs/${digestOf(body)}`]);
  });
  it('end-4b: the whole blob by one POST', async () => {
    const body = Buffer.from('single post');
    const done = await call('POST', `/v2/a/b/blobs/uploads/?digest=${digestOf(body)}`, { body, headers: octets });
    assert.equal(done.status, 201);
    assert.equal(await (await call('GET', done.headers.get('location')!)).text(), 'single post');
  });
  it('end-4c: a sha512 upload', async () => {
    const digest = digestOf('long', 'sha512');
    const location = (await call('POST', '/v2/a/b/blobs/uploads/?digest-algorithm=sha512')).headers.get('location')!;
    assert.equal((await call('PUT', `${location}?digest=${digest}`, { body: 'long', headers: octets })).status, 201);
    assert.equal((await call('POST', '/v2/a/b/blobs/uploads/?digest-algorithm=md5')).status, 400);
  });

  it('end-5, end-6: chunks in order, and 416 out of order', async () => {
    const location = await start();
    const first = await call('PATCH', location, { body: 'abc', headers: { ...octets, 'content-range': '0-2' } });
    assert.deepEqual([first.status, first.headers.get('range')], [202, '0-2']);
    const again = await call('PATCH', location, { body: 'abc', headers: { ...octets, 'content-range': '0-2' } });
    assert.deepEqual([again.status, again.headers.get('range')], [416, '0-2']);
    const gap = await call('PATCH', location, { body: 'xyz', headers: { ...octets, 'content-range': '9-11' } });
    assert.equal(gap.status, 416);
    const lying = await call('PATCH', location, { body: 'defgh', headers: { ...octets, 'content-range': '3-4' } });
    assert.deepEqual([lying.status, await codeOf(lying)], [400, 'SIZE_INVALID']);
    assert.equal((await call('PATCH', location, { body: 'def', headers: { ...octets, 'content-range': '3-5' } })).status, 202);
    assert.equal((await call('PUT', `${location}?digest=${digestOf('abcdefg')}`, { body: 'g', headers: { ...octets, 'content-range': '6-6' } })).status, 201);
    assert.equal(await (await call('GET', `/v2/a/b/blobs/${digestOf('abcdefg')}`)).text(), 'abcdefg');
  });
  it('end-5: a first chunk that is not the first of the blob is out of order, and the upload waits for that', async () => {
    const location = await start();
    const early = await call('PATCH', location, { body: 'def', headers: { ...octets, 'content-range': '3-5' } });
    assert.deepEqual([early.status, early.headers.get('location')], [416, location]);
    const first = await call('PATCH', location, { body: 'abc', headers: { ...octets, 'content-range': '0-2' } });
    assert.deepEqual([first.status, first.headers.get('range')], [202, '0-2']);
    const last = { body: 'x', headers: { ...octets, 'content-range': '9-9' } };
    assert.equal((await call('PUT', `${location}?digest=${digestOf('abcx')}`, last)).status, 416);
    assert.equal((await call('PUT', location)).status, 400);
    for (const digest of ['md5:' + 'a'.repeat(32), 'foo:bar', `sha256:${'A'.repeat(64)}`]) {
      const refused = await call('PUT', `${location}?digest=${digest}`);
      assert.deepEqual([refused.status, await codeOf(refused)], [400, 'DIGEST_INVALID'], digest);
    }
    assert.equal((await call('GET', location)).headers.get('range'), '0-2');
    assert.equal((await call('PUT', `${location}?digest=${digestOf('abc')}`)).status, 201);
  });
  it('end-5: a chunk says where it goes as other clients do, or not at all', async () => {
    const location = await start();
    for (const [body, range] of [['ab', 'bytes 0-1/*'], ['cd', 'bytes=2-3'], ['ef', undefined], ['gh', '6-7']] as const) {
      assert.equal((await call('PATCH', location, { body, headers: { ...octets, ...range !== undefined && { 'content-range': range } } })).status, 202, range);
    }
    for (const range of ['junk', '9-8', '-1', '8-']) assert.equal((await call('PATCH', location, { body: 'x', headers: { ...octets, 'content-range': range } })).status, 400, range);
    assert.equal((await call('PUT', `${location}?digest=${digestOf('abcdefgh')}`)).status, 201);
  });
  it('end-6: a wrong digest keeps nothing', async () => {
    const location = await start();
    const wrong = await call('PUT', `${location}?digest=${digestOf('right')}`, { body: 'wrong', headers: octets });
    assert.deepEqual([wrong.status, await codeOf(wrong)], [400, 'DIGEST_INVALID']);
    assert.equal((await call('HEAD', `/v2/a/b/blobs/${digestOf('right')}`)).status, 404);
    assert.equal((await call('GET', location)).status, 404);
    assert.equal((await call('PUT', `${await start()}?digest=sha256:zz`, { body: 'x', headers: octets })).status, 400);
  });

  it('end-7a: PUT of a manifest, with the reasons to refuse one', async () => {
    const headers = { 'content-type': mediaTypes.ociManifest };
    const put = await call('PUT', '/v2/a/b/manifests/v2', { body: image.manifest, headers });
    assert.deepEqual([put.status, put.headers.get('docker-content-digest'), put.headers.get('location')], [201, image.digest, `/v2/a/b/manifests/${image.digest}`]);
    const unknown = await call('PUT', '/v2/a/b/manifests/v3', { body: makeImage('absent').manifest, headers });
    assert.deepEqual([unknown.status, await codeOf(unknown)], [404, 'MANIFEST_BLOB_UNKNOWN']);
    const rows: [body: string | Buffer, headers: Record<string, string>, status: number][] = [
      ['{', headers, 400], ['[]', headers, 400], ['{"schemaVersion":1}', headers, 400],
      [image.manifest, { 'content-type': 'text/plain' }, 400], [image.manifest, { 'content-type': mediaTypes.ociIndex }, 400],
      [Buffer.alloc((4 << 20) + 1), headers, 413],
    ];
    for (const [body, sent, status] of rows) assert.equal((await call('PUT', '/v2/a/b/manifests/bad', { body, headers: sent })).status, status);
    assert.equal((await call('PUT', `/v2/a/b/manifests/${digestOf('other')}`, { body: image.manifest, headers })).status, 400);
    assert.equal((await call('GET', '/v2/a/b/manifests/bad')).status, 404);
  });
  it('end-7b: PUT by digest with several tags', async () => {
    const put = await call('PUT', `/v2/a/b/manifests/${image.digest}?tag=m1&tag=m2`, { body: image.manifest, headers: { 'content-type': mediaTypes.ociManifest } });
    assert.equal(put.status, 201);
    for (const tag of ['m1', 'm2']) assert.equal((await call('HEAD', `/v2/a/b/manifests/${tag}`)).headers.get('docker-content-digest'), image.digest);
  });

  it('end-7a: a manifest without layers, one of a sha512 digest, and one whose subject is not there are taken', async () => {
    const headers = { 'content-type': mediaTypes.ociManifest };
    const config = { mediaType: mediaTypes.ociConfig, digest: digestOf(image.config), size: image.config.length };
    const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf('nowhere'), size: 7 };
    const bare = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] });
    assert.equal((await call('PUT', '/v2/a/b/manifests/bare', { body: bare, headers: { 'content-type': `${mediaTypes.ociManifest}; charset=utf-8` } })).status, 201);
    const long = await call('PUT', `/v2/a/b/manifests/${digestOf(bare, 'sha512')}`, { body: bare, headers });
    assert.deepEqual([long.status, long.headers.get('docker-content-digest')], [201, digestOf(bare, 'sha512')]);
    assert.equal(await (await call('GET', `/v2/a/b/manifests/${digestOf(bare, 'sha512')}`)).text(), bare);
    const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], subject, artifactType: 'a/index', annotations: { k: 'v' } });
    const early = await call('PUT', `/v2/a/b/manifests/${digestOf(index)}`, { body: index, headers: { 'content-type': mediaTypes.ociIndex } });
    assert.deepEqual([early.status, early.headers.get('oci-subject')], [201, subject.digest]);
    const { manifests } = await (await call('GET', `/v2/a/b/referrers/${subject.digest}?artifactType=a/index`)).json() as { manifests: unknown[] };
    assert.deepEqual(manifests, [{ mediaType: mediaTypes.ociIndex, digest: digestOf(index), size: index.length, artifactType: 'a/index', annotations: { k: 'v' } }]);
    const elsewhere = await call('GET', `/v2/never/pushed/referrers/${subject.digest}`);
    assert.deepEqual([elsewhere.status, ((await elsewhere.json()) as { manifests: unknown[] }).manifests], [200, []]);
    for (const reference of ['bare', digestOf(index), digestOf(bare, 'sha512')]) assert.equal((await call('DELETE', `/v2/a/b/manifests/${reference}`)).status, 202);
    const empty = await call('PUT', '/v2/a/b/manifests/bare', { body: '', headers });
    assert.deepEqual([empty.status, await codeOf(empty)], [400, 'MANIFEST_INVALID']);
  });

  it('end-8a, end-8b: tags in order, and in pages', async () => {
    await pushImage(client, { host: registry.host, name: 'tags', reference: 'c' }, image);
    for (const tag of ['b', 'a', 'd']) await client.putManifest({ registry: registry.host, name: 'tags' }, { reference: tag, mediaType: mediaTypes.ociManifest, bytes: image.manifest });
    assert.deepEqual(await (await call('GET', '/v2/tags/tags/list')).json(), { name: 'tags', tags: ['a', 'b', 'c', 'd'] });
    const page = await call('GET', '/v2/tags/tags/list?n=2&last=a');
    assert.deepEqual(((await page.json()) as { tags: string[] }).tags, ['b', 'c']);
    assert.equal(page.headers.get('link'), '</v2/tags/tags/list?n=2&last=c>; rel="next"');
    assert.deepEqual(((await (await call('GET', '/v2/tags/tags/list?n=0')).json()) as { tags: string[] }).tags, []);
    assert.deepEqual(((await (await call('GET', '/v2/tags/tags/list?n=99999999999')).json()) as { tags: string[] }).tags, ['a', 'b', 'c', 'd']);
    const [between, behind, head] = [await call('GET', '/v2/tags/tags/list?n=1&last=bb'), await call('GET', '/v2/tags/tags/list?last=zz'), await call('HEAD', '/v2/tags/tags/list')];
    assert.deepEqual([((await between.json()) as { tags: string[] }).tags, between.headers.get('link')], [['c'], '</v2/tags/tags/list?n=1&last=c>; rel="next"']);
    assert.deepEqual([((await behind.json()) as { tags: string[] }).tags, behind.headers.get('link'), head.status], [[], null, 200]);
    const last = await call('GET', '/v2/tags/tags/list?n=2&last=b');
    assert.deepEqual([((await last.json()) as { tags: string[] }).tags, last.headers.get('link')], [['c', 'd'], null]);
    for (const count of ['-1', 'x', '1.5']) assert.equal((await call('GET', `/v2/tags/tags/list?n=${count}`)).status, 400);
    assert.equal((await call('GET', '/v2/absent/tags/list')).status, 404);
  });

  it('end-9: DELETE of a tag leaves the manifest, DELETE of the manifest takes its tags', async () => {
    const own = makeImage('deleted');
    for (const tag of ['one', 'two']) await pushImage(client, { host: registry.host, name: 'deleted', reference: tag }, own);
    assert.equal((await call('DELETE', '/v2/deleted/manifests/one')).status, 202);
    assert.equal((await call('HEAD', `/v2/deleted/manifests/${own.digest}`)).status, 200);
    assert.equal((await call('DELETE', `/v2/deleted/manifests/${own.digest}`)).status, 202);
    assert.equal((await call('HEAD', '/v2/deleted/manifests/two')).status, 404);
    assert.equal((await call('DELETE', `/v2/deleted/manifests/${own.digest}`)).status, 404);
  });
  it('end-10: DELETE of a blob', async () => {
    const digest = digestOf('delete me');
    await call('POST', `/v2/a/b/blobs/uploads/?digest=${digest}`, { body: 'delete me', headers: octets });
    assert.equal((await call('DELETE', `/v2/a/b/blobs/${digest}`)).status, 202);
    assert.equal((await call('HEAD', `/v2/a/b/blobs/${digest}`)).status, 404);
    assert.equal((await call('DELETE', `/v2/a/b/blobs/${digest}`)).status, 404);
  });

  it('end-11: a blob is mounted from another repository, or uploaded where it is not', async () => {
    const mounted = await call('POST', `/v2/mounts/blobs/uploads/?mount=${layer}&from=a/b`);
    assert.deepEqual([mounted.status, mounted.headers.get('location')], [201, `/v2/mounts/blobs/${layer}`]);
    assert.equal((await call('HEAD', `/v2/mounts/blobs/${layer}`)).status, 200);
    assert.equal((await call('POST', `/v2/mounts/blobs/uploads/?mount=${digestOf('nowhere')}&from=a/b`)).status, 202);
    assert.equal((await call('POST', `/v2/mounts/blobs/uploads/?mount=${layer}&from=Not/A/Name`)).status, 202);
  });
  it('end-11: without a repository to mount from, a blob is found wherever it is', async () => {
    const found = await call('POST', `/v2/found/blobs/uploads/?mount=${layer}`);
    assert.deepEqual([found.status, found.headers.get('location')], [201, `/v2/found/blobs/${layer}`]);
    assert.equal(await (await call('GET', `/v2/found/blobs/${layer}`)).text(), image.layer.toString());
    assert.equal((await call('POST', `/v2/found/blobs/uploads/?mount=${digestOf('nowhere')}`)).status, 202);
  });

  it('end-12a, end-12b: referrers, all and by type', async () => {
    const subject = { mediaType: mediaTypes.ociManifest, digest: image.digest, size: image.manifest.length };
    const signature = makeImage('x', { subject, artifactType: 'application/vnd.test.signature', annotations: { a: 'b' } });
    const put = await call('PUT', `/v2/a/b/manifests/${signature.digest}`, { body: signature.manifest, headers: { 'content-type': mediaTypes.ociManifest } });
    assert.equal(put.headers.get('oci-subject'), image.digest);
    const all = await call('GET', `/v2/a/b/referrers/${image.digest}`);
    assert.equal(all.headers.get('content-type'), mediaTypes.ociIndex);
    const { manifests } = await all.json() as { manifests: { digest: string; artifactType: string; annotations: unknown }[] };
    assert.deepEqual(manifests.map((item) => [item.digest, item.artifactType, item.annotations]), [[signature.digest, 'application/vnd.test.signature', { a: 'b' }]]);
    const none = await call('GET', `/v2/a/b/referrers/${image.digest}?artifactType=other`);
    assert.equal(none.headers.get('oci-filters-applied'), 'artifactType');
    assert.deepEqual(((await none.json()) as { manifests: unknown[] }).manifests, []);
    assert.equal((await call('GET', `/v2/a/b/referrers/${digestOf('none')}`)).status, 200);
    assert.equal((await call('GET', '/v2/a/b/referrers/sha256:00')).status, 400);
    assert.deepEqual((await client.listReferrers({ registry: registry.host, name: 'a/b' }, { digest: image.digest })).map((item) => item.digest), [signature.digest]);
    await call('DELETE', `/v2/a/b/manifests/${signature.digest}`);
    assert.deepEqual(await client.listReferrers({ registry: registry.host, name: 'a/b' }, { digest: image.digest }), []);
  });

  it('end-13, end-14: the state of an upload, and its end', async () => {
    const location = await start();
    await call('PATCH', location, { body: 'abc', headers: octets });
    const status = await call('GET', location);
    assert.deepEqual([status.status, status.headers.get('range'), status.headers.get('location')], [204, '0-2', location]);
    assert.equal((await call('DELETE', location)).status, 204);
    assert.equal((await call('GET', location)).status, 404);
    assert.equal((await call('PATCH', location, { body: 'x', headers: octets })).status, 404);
  });
  it('end-13: an upload is nobody else\'s', async () => {
    const location = await start('a/b');
    assert.equal((await call('GET', location.replace('/v2/a/b/', '/v2/thief/'))).status, 404);
  });

  it('the catalog, in pages', async () => {
    assert.ok((await client.listRepositories(registry.host)).includes('a/b'));
    const page = await call('GET', '/v2/_catalog?n=1');
    assert.deepEqual(await page.json(), { repositories: ['a/b'] });
    assert.match(page.headers.get('link') ?? '', /n=1&last=a%2Fb>; rel="next"/);
  });
  it('names and digests that are none are refused', async () => {
    assert.equal(await codeOf(await call('GET', '/v2/UPPER/tags/list')), 'NAME_INVALID');
    assert.equal(await codeOf(await call('GET', '/v2/a/blobs/sha256:00')), 'DIGEST_INVALID');
    assert.equal(await codeOf(await call('DELETE', '/v2/_catalog')), 'UNSUPPORTED');
  });
  it('a page for people lists what can be pulled', async () => {
    const page = await (await call('GET', '/')).text();
    assert.match(page, new RegExp(`${registry.host}/a/b:v1`));
  });
});
