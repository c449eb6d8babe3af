import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { digestOf, hexOf, isDigest, parseDigest } from './digest.ts';
import { sniffCompression } from '../base/compression.ts';
import { chainIds } from './layer.ts';
import { manifestsFor, readManifestOrIndex } from './manifest.ts';
import { configFromWire, configToWire, readImageConfig } from './image-config.ts';
import { formatPlatform, parsePlatform, platformFit } from './platform.ts';

const host = { os: 'linux', architecture: 'amd64' };
const digest = digestOf('x');
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('digest', () => {
  it('is recognised when this module made it', () => {
    fc.assert(fc.property(fc.string(), fc.constantFrom('sha256' as const, 'sha512' as const), (text, algorithm) => {
      const made = digestOf(text, algorithm);
      assert.equal(parseDigest(made), made);
      assert.equal(`${algorithm}:${hexOf(made)}`, made);
    }));
  });
  it('is refused with a path, capitals or a wrong length', () => {
    for (const text of ['sha256:../../etc', `sha256:${'A'.repeat(64)}`, `sha256:${'a'.repeat(63)}`, `md5:${'a'.repeat(32)}`, '']) assert.equal(isDigest(text), false, text);
  });
});

describe('chainIds()', () => {
  it('hashes each layer together with what is below it', () => {
    const [a, b] = [digestOf('a'), digestOf('b')];
    assert.deepEqual(chainIds([a, b]), [a, digestOf(`${a} ${b}`)]);
    assert.notDeepEqual(chainIds([a, b])[1], chainIds([b, a])[1]);
  });
});

describe('sniffCompression()', () => {
  const cases: [string, number[]][] = [['gzip', [0x1f, 0x8b, 8]], ['zstd', [0x28, 0xb5, 0x2f, 0xfd]], ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]], ['bzip2', [0x42, 0x5a, 0x68]], ['none', [0, 0]], ['none', []]];
  for (const [name, head] of cases) it(`knows ${name} by ${head.length} bytes`, () => assert.equal(sniffCompression(Uint8Array.from(head)), name));
});

describe('platform', () => {
  it('understands other names of the same thing', () => {
    assert.equal(formatPlatform(parsePlatform('linux/aarch64', host)), 'linux/arm64');
    assert.equal(formatPlatform(parsePlatform('x86_64', host)), 'linux/amd64');
    assert.equal(formatPlatform(parsePlatform('linux/arm', host)), 'linux/arm/v7');
    assert.equal(formatPlatform(parsePlatform('linux', host)), 'linux/amd64');
    assert.throws(() => parsePlatform('a/b/c/d', host), { kind: 'invalid', message: '"a/b/c/d": cannot parse platform specifier: invalid argument' });
    assert.throws(() => parsePlatform('bogus', host), { kind: 'invalid', message: '"bogus": unknown operating system or architecture: invalid argument' });
    assert.throws(() => parsePlatform('linux/', host), { kind: 'invalid', message: /^"" is an invalid component of "linux\/"/ });
  });
  it('takes older ARM variants on newer processors, not the other way round', () => {
    const [v6, v7] = [parsePlatform('linux/arm/v6', host), parsePlatform('linux/arm/v7', host)];
    assert.ok(platformFit(v6, v7) > 0);
    assert.equal(platformFit(v7, v6), 0);
    assert.equal(platformFit({ os: 'linux', architecture: 'arm64', variant: 'v8' }, parsePlatform('arm64', host)), 100);
  });
});

describe('readManifestOrIndex()', () => {
  const descriptor = { mediaType: 'm', digest, size: 1 };
  it('tells them apart by their fields', () => {
    assert.equal(readManifestOrIndex(bytes({ manifests: [descriptor] }), 'x').kind, 'index');
    assert.equal(readManifestOrIndex(bytes({ config: descriptor, layers: [descriptor] }), 'x').kind, 'manifest');
  });
  it('takes null for what was not said, as Go writes it', () => {
    const found = readManifestOrIndex(bytes({ config: { ...descriptor, platform: null, annotations: null, urls: null }, layers: null }), 'x');
    assert.deepEqual(found.kind === 'manifest' && [found.manifest.config, found.manifest.layers], [descriptor, []]);
    const index = readManifestOrIndex(bytes({ manifests: [{ ...descriptor, platform: null }] }), 'x');
    assert.deepEqual(index.kind === 'index' && manifestsFor(index.index, host), [descriptor]);
  });

  it('refuses a document that is both, neither, or of schema 1', () => {
    for (const value of [{ manifests: [], layers: [], config: descriptor }, {}, { schemaVersion: 1 }, { layers: [{ digest: '../x', size: 1 }], config: descriptor }, { config: descriptor, layers: [{ ...descriptor, size: -1 }] }]) {
      assert.throws(() => readManifestOrIndex(bytes(value), 'x'), { kind: 'invalid' });
    }
    assert.throws(() => readManifestOrIndex(Buffer.from('{'), 'x'), /x is not valid JSON/);
  });
  it('manifestsFor() leaves attestations and other platforms out', () => {
    const platform = (architecture: string) => ({ ...descriptor, platform: { os: 'linux', architecture } });
    const index = { mediaType: '', manifests: [platform('arm64'), platform('amd64'), { ...platform('amd64'), annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }] };
    assert.deepEqual(manifestsFor(index, host), [platform('amd64')]);
  });
});

describe('image config', () => {
  it('survives the way to the wire and back', () => {
    const config = { env: ['A=b'], cmd: ['sh'], exposedPorts: { '80/tcp': {} }, healthcheck: { test: ['NONE'] }, labels: { a: 'b' } };
    assert.deepEqual(configFromWire(configToWire(config)), config);
  });
  it('takes a root filesystem that does not say its kind, and a command that is a text', () => {
    const found = readImageConfig(bytes({ rootfs: { diff_ids: [digest] }, config: { Cmd: 'echo a', Entrypoint: '/bin/sh' } }), 'c');
    assert.deepEqual([found.diffIds, found.config.cmd, found.config.entrypoint], [[digest], ['echo a'], ['/bin/sh']]);
    for (const rootfs of [undefined, null, { type: 'other', diff_ids: [digest] }]) assert.throws(() => readImageConfig(bytes({ rootfs }), 'c'), /c: invalid rootfs/);
  });
  it('refuses diffIds that are no digests', () => {
    assert.throws(() => readImageConfig(bytes({ rootfs: { type: 'layers', diff_ids: ['../x'] } }), 'c'), /c: invalid rootfs/);
  });
});
