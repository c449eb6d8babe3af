import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cidrHolds, endpointsOf, isInsecure } from './hosts.ts';
import { defaultRetryPolicy } from './options.ts';
import { proxyFor } from './proxy.ts';
import { redactUrl } from './redact.ts';
import { pauseBefore } from './retry.ts';

describe('endpointsOf()', () => {
  const bases = (registry: string, options: Partial<Parameters<typeof endpointsOf>[1]> = {}): string[] =>
    endpointsOf(registry, { mirrors: [], insecureRegistries: [], ...options }).map(({ base }) => base);
  it('never asks a registry without TLS, unless it is loopback or listed', () => {
    assert.deepEqual(bases('r.example'), ['https://r.example']);
    assert.deepEqual(bases('localhost:5000'), ['https://localhost:5000', 'http://localhost:5000']);
    assert.deepEqual(bases('127.9.9.9:5000').length, 2);
    assert.deepEqual(bases('[::1]:5000').length, 2);
    assert.deepEqual(bases('10.1.2.3:5000', { insecureRegistries: ['10.0.0.0/8'] }).length, 2);
    assert.deepEqual(bases('localhost.example'), ['https://localhost.example']);
  });
  it('puts mirrors first, and knows where Docker Hub answers', () => {
    assert.deepEqual(bases('docker.io', { mirrors: ['https://m.example/hub/'] }), ['https://m.example/hub', 'https://registry-1.docker.io']);
  });
});

describe('isInsecure()', () => {
  const rows: [registry: string, list: string[], expected: boolean][] = [
    ['a:5000', ['a:5000'], true], ['a:5000', ['a'], true], ['a:5001', ['a:5000'], false], ['127.evil.example', [], false], ['1270.0.0.1', [], false], ['[fd00::1]:5000', ['fd00::/8'], true],
  ];
  for (const [registry, list, expected] of rows) it(`${registry} by ${list.join()} is ${expected}`, () => assert.equal(isInsecure(registry, list), expected));
  it('cidrHolds() takes no nonsense', () => {
    assert.equal(cidrHolds('10.0.0.0/99', '10.0.0.1'), false);
    assert.equal(cidrHolds('10.0.0.0/8', 'fd00::1'), false);
    assert.equal(cidrHolds('0.0.0.0/0', 'name'), false);
  });
});

describe('proxyFor()', () => {
  const environment = { HTTPS_PROXY: 'http://p:3128', http_proxy: 'q:80', NO_PROXY: 'in.example, .dot.example,*.star.example,h:5000,10.0.0.0/8' };
  const rows: [url: string, expected: string | undefined][] = [
    ['https://r.example', 'http://p:3128'], ['http://r.example', 'http://q:80'], ['https://in.example', undefined], ['https://a.in.example', undefined],
    ['https://notin.example', 'http://p:3128'], ['https://dot.example', 'http://p:3128'], ['https://a.dot.example', undefined], ['https://a.star.example', undefined],
    ['https://h:5000', undefined], ['https://h:5001', 'http://p:3128'], ['https://10.2.3.4', undefined], ['https://localhost:1', undefined], ['http://127.0.0.1', undefined], ['http://[::1]:5', undefined],
  ];
  for (const [url, expected] of rows) it(`${url} goes by ${expected}`, () => assert.equal(proxyFor(new URL(url), environment), expected));
  it('NO_PROXY=* exempts everything', () => assert.equal(proxyFor(new URL('https://r'), { HTTPS_PROXY: 'p', NO_PROXY: '*' }), undefined));
});

describe('redactUrl()', () => {
  it('leaves no secret', () => {
    assert.equal(redactUrl(new URL('https://u:p@h/path?token=abc&X-Signature=def#frag')), 'https://h/path?token=…&X-Signature=…');
  });
});

describe('pauseBefore()', () => {
  it('doubles within its bounds and ends', () => {
    for (let attempt = 1; attempt < defaultRetryPolicy.attempts; attempt += 1) {
      const wait = pauseBefore(attempt, defaultRetryPolicy)!;
      const full = Math.min(defaultRetryPolicy.longestPauseMs, defaultRetryPolicy.firstPauseMs * 2 ** (attempt - 1));
      assert.ok(wait >= full / 2 && wait <= full);
    }
    assert.equal(pauseBefore(defaultRetryPolicy.attempts, defaultRetryPolicy), undefined);
  });
  it('waits as the registry asks, but not for an hour', () => {
    assert.equal(pauseBefore(1, defaultRetryPolicy, 2000), 2000);
    assert.equal(pauseBefore(1, defaultRetryPolicy, 3_600_000), undefined);
  });
});
