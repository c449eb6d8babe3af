import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldRegistryFlags, registryConfigOf } from './registry-settings.ts';

describe('registryConfigOf()', () => {
  it('has Docker\'s defaults, and the environment\'s proxies', () => {
    const { maxDownloads, maxUploads, attempts, mirrors, signatures, proxyEnvironment } = registryConfigOf({}, { HTTPS_PROXY: 'http://p' });
    assert.deepEqual([maxDownloads, maxUploads, attempts, mirrors, signatures, proxyEnvironment], [3, 5, 5, {}, [], { HTTPS_PROXY: 'http://p' }]);
  });

  it('reads flags and keys alike', () => {
    const flags = foldRegistryFlags({ 'registry-mirror': ['https://m'], 'insecure-registry': ['10.0.0.0/8'], 'no-proxy': 'x', 'max-concurrent-downloads': '1', other: 1 });
    assert.deepEqual(flags, { 'registry-mirrors': ['https://m'], 'insecure-registries': ['10.0.0.0/8'], proxies: { 'no-proxy': 'x' }, 'max-concurrent-downloads': '1', other: 1 });
    const config = registryConfigOf(flags, { NO_PROXY: 'y' });
    assert.deepEqual([config.mirrors, config.insecureRegistries, config.proxyEnvironment, config.maxDownloads], [{ 'docker.io': ['https://m'] }, ['10.0.0.0/8'], { NO_PROXY: 'x' }, 1]);
    assert.deepEqual(registryConfigOf({ 'registry-mirrors': { 'r.example': ['http://m/path'] }, 'certs-dir': '/c' }, {}).mirrors, { 'r.example': ['http://m/path'] });
  });

  const refused: [settings: Record<string, unknown>, message: RegExp][] = [
    [{ 'registry-mirrors': ['m.example'] }, /invalid mirror: "m.example"/],
    [{ 'registry-mirrors': ['https://me:secret@m'] }, /a user, a query or a fragment/],
    [{ 'insecure-registries': ['http://r'] }, /insecure registry http:\/\/r is not valid/],
    [{ 'max-concurrent-downloads': -1 }, /^invalid max concurrent downloads: -1$/],
    [{ proxies: { 'ftp-proxy': 'x' } }, /ftp-proxy is not one of/],
    [{ 'signature-policy': { r: { keyless: {} } } }, /keyless needs a trusted-root and identities/],
  ];
  for (const [settings, message] of refused) it(`refuses ${JSON.stringify(settings)}`, () => assert.throws(() => registryConfigOf(settings, {}), { kind: 'invalid', message }));
});
