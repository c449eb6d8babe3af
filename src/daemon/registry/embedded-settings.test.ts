import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { embeddedRegistryOf } from './embedded-settings.ts';

describe('embeddedRegistryOf()', () => {
  it('is nothing without the setting, and takes an address alone', () => {
    assert.equal(embeddedRegistryOf(undefined, undefined), undefined);
    const { address, readOnly, collectEveryMs } = embeddedRegistryOf('127.0.0.1:5000', undefined)!;
    assert.deepEqual([address, readOnly, collectEveryMs], [{ host: '127.0.0.1', port: 5000 }, false, 86_400_000]);
  });

  it('takes the flags of `registry serve` as keys', () => {
    const settings = embeddedRegistryOf({ addr: ':5000', htpasswd: '/u', 'anonymous-pull': true, 'tls-cert': '/c', 'tls-key': '/k', 'gc-interval': '1h' }, undefined)!;
    assert.deepEqual([settings.address.host, settings.htpasswd, settings.anonymousPull, settings.tls, settings.collectEveryMs], ['::', '/u', true, { cert: '/c', key: '/k' }, 3_600_000]);
  });

  const refused: [value: unknown, message: RegExp][] = [
    ['somewhere', /registry: addr somewhere is not host:port/],
    [{ root: '/elsewhere' }, /registry: root is not one of its settings/],
    [{ 'log-level': 'debug' }, /registry: log-level is not one of its settings/],
    [{ colour: 'red' }, /registry: colour is not one of its settings/],
    [{ 'read-only': 'yes' }, /registry: read-only cannot be "yes"/],
    [{ 'tls-cert': '/c' }, /registry: tls-cert and tls-key go together/],
  ];
  for (const [value, message] of refused) it(`refuses ${JSON.stringify(value)}`, () => assert.throws(() => embeddedRegistryOf(value, undefined), { kind: 'invalid', message }));
});
