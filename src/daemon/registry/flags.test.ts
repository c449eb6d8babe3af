import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAddress, readDuration, readServeOptions } from './flags.ts';

const base = { addr: ':0', root: '/x', 'proxy-ttl': '1m', 'gc-interval': '0', 'log-format': 'text', 'log-level': 'info' };

describe('flags of registry serve', () => {
  it('readAddress() takes names, addresses and every address', () => {
    assert.deepEqual(readAddress('localhost:5000'), { host: 'localhost', port: 5000 });
    assert.deepEqual(readAddress('[::1]:80'), { host: '::1', port: 80 });
    assert.deepEqual(readAddress(':80'), { host: '::', port: 80 });
    for (const bad of ['', '5000', 'a:b', 'a:70000', '::1:80']) assert.throws(() => readAddress(bad), /--addr/);
  });
  it('readDuration() adds units up, and names the flag it refuses', () => {
    assert.equal(readDuration('--x', '1h30m'), 5_400_000);
    assert.equal(readDuration('--x', '0'), 0);
    for (const bad of ['', '5', '-1s', '1d', '999999h']) assert.throws(() => readDuration('--x', bad), /--x/);
  });
  it('readServeOptions() refuses halves of pairs', () => {
    assert.throws(() => readServeOptions({ ...base, 'tls-cert': 'a' }, undefined), /go together/);
    assert.throws(() => readServeOptions({ ...base, 'proxy-username': 'a' }, 'p'), /need --proxy/);
    assert.throws(() => readServeOptions({ ...base, proxy: 'r', 'proxy-username': 'a' }, undefined), /GANTRY_PROXY_PASSWORD/);
    assert.throws(() => readServeOptions({ ...base, proxy: 'r/x' }, undefined), /not the name/);
    assert.throws(() => readServeOptions({ ...base, 'log-level': 'loud' }, undefined), /--log-level/);
    assert.equal(readServeOptions({ ...base, proxy: 'docker.io' }, undefined).upstream?.tagLifetimeMs, 60_000);
  });
});
