import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../oci/digest.ts';
import { formatChallenge, parseChallenges } from './challenge.ts';
import { errorBody, parseErrorBody } from './errors.ts';
import { formatNextLink, nextLink } from './link.ts';
import { isRepositoryName } from './names.ts';
import { formatContentRange, formatUploadRange, parseChunkRange, parseContentRange, resolveRange } from './ranges.ts';
import { formatRoute, parseRoute } from './routes.ts';
import { formatScope, mergeScopes, parseScope } from './scope.ts';
import { describeRateLimit, retryAfterMs } from './throttling.ts';

const digest = digestOf('x');

describe('parseChallenges()', () => {
  const rows: [header: string, expected: [scheme: string, parameters: Record<string, string>][]][] = [
    ['', []],
    ['Basic realm="a, \\"b\\""', [['basic', { realm: 'a, "b"' }]]],
    ['Bearer realm="https://t/x",service="s",scope="repository:a:pull,push"', [['bearer', { realm: 'https://t/x', service: 's', scope: 'repository:a:pull,push' }]]],
    ['Negotiate, Basic realm=x', [['negotiate', {}], ['basic', { realm: 'x' }]]],
    ['Basic realm="x", Bearer realm="y" , service = "z"', [['basic', { realm: 'x' }], ['bearer', { realm: 'y', service: 'z' }]]],
    ['Negotiate dG9rZW4=, Basic realm="x"', [['negotiate', {}], ['basic', { realm: 'x' }]]],
    ['Bearer realm="unclosed', [['bearer', {}]]],
    ['Basic realm="a",realm="b"', [['basic', { realm: 'a' }]]],
  ];
  for (const [header, expected] of rows) {
    it(`reads ${JSON.stringify(header)}`, () => {
      assert.deepEqual(parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]), expected);
    });
  }
  it('never throws, and ends', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('B', 'a', '=', '"', ',', ' ', '\\', '/', '\t') }), (text) => {
      parseChallenges(text);
    }));
  });
  it('reads back what formatChallenge() wrote', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(fc.property(name, fc.dictionary(name, fc.string({ unit: 'grapheme-ascii' })), (scheme, parameters) => {
      assert.deepEqual(parseChallenges(formatChallenge({ scheme, parameters })).map((c) => ({ ...c.parameters })), [{ ...parameters }]);
    }));
  });
});

describe('scopes', () => {
  it('keep colons in names', () => {
    assert.deepEqual(parseScope('repository:host:5000/a:pull,push'), { type: 'repository', name: 'host:5000/a', actions: ['pull', 'push'] });
  });
  it('merge per resource into one text, whatever the order', () => {
    const a = parseScope('repository:b:push')!;
    const b = parseScope('repository:a:pull')!;
    const c = parseScope('repository:b:pull')!;
    assert.deepEqual(mergeScopes([a, b, c]).map(formatScope), ['repository:a:pull', 'repository:b:pull,push']);
    assert.deepEqual(mergeScopes([c, b, a]), mergeScopes([a, b, c]));
  });
});

describe('ranges', () => {
  const rows: [header: string | undefined, expected: unknown][] = [
    [undefined, 'whole'], ['bytes=0-', { start: 0, end: 9 }], ['bytes=2-4', { start: 2, end: 4 }], ['bytes=8-99', { start: 8, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }], ['bytes=-30', { start: 0, end: 9 }], ['bytes=-0', 'unsatisfiable'], ['bytes=10-', 'unsatisfiable'],
    ['bytes=4-2', 'unsatisfiable'], ['bytes=0-1,3-4', 'whole'], ['lines=0-1', 'whole'], ['bytes=-', 'whole'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
  ];
  for (const [header, expected] of rows) {
    it(`resolveRange(${header}) of ten bytes`, () => assert.deepEqual(resolveRange(header, 10), expected));
  }
  it('resolveRange() stays inside the blob', () => {
    fc.assert(fc.property(fc.nat(), fc.nat(), fc.nat(), (a, b, size) => {
      const range = resolveRange(`bytes=${a}-${b}`, size);
      if (typeof range !== 'string') assert.ok(range.start <= range.end && range.end < size);
    }));
  });
  it('parseContentRange() reads back formatContentRange()', () => {
    assert.deepEqual(parseContentRange(formatContentRange({ start: 1, end: 2 }, 3)), { start: 1, end: 2, total: 3 });
    assert.equal(parseContentRange('bytes 0-3/3'), undefined);
    assert.equal(parseContentRange('bytes 3-2/9'), undefined);
    assert.equal(parseContentRange('bytes 0-1/*')?.total, undefined);
  });
  it('parseChunkRange() accepts both notations and no disorder', () => {
    assert.deepEqual(parseChunkRange('0-9'), { start: 0, end: 9 });
    assert.deepEqual(parseChunkRange('bytes 5-9/*'), { start: 5, end: 9 });
    assert.equal(parseChunkRange('9-5'), undefined);
    assert.equal(parseChunkRange('x'), undefined);
    assert.equal(formatUploadRange(0), '0-0');
    assert.equal(formatUploadRange(10), '0-9');
  });
});

describe('Link', () => {
  it('nextLink() finds the next page among others', () => {
    assert.equal(nextLink('</a>; rel="prev", </v2/x/tags/list?n=2&last=b>; rel="next"'), '/v2/x/tags/list?n=2&last=b');
    assert.equal(nextLink('</a>; rel=next'), '/a');
    assert.equal(nextLink('</a>; rel="nextish"'), undefined);
    assert.equal(nextLink(undefined), undefined);
    assert.equal(nextLink(formatNextLink('/z')), '/z');
  });
});

describe('names', () => {
  const rows: [name: string, valid: boolean][] = [
    ['a', true], ['library/busybox', true], ['a__b/c-d.e', true], ['a---b', true], ['A', false], ['a//b', false], ['../a', false], ['a/.', false],
    ['a..b', false], ['_a', false], ['a/', false], ['', false], ['a'.repeat(256), false],
  ];
  for (const [name, valid] of rows) it(`isRepositoryName(${JSON.stringify(name.slice(0, 20))}) is ${valid}`, () => assert.equal(isRepositoryName(name), valid));
});

describe('routes', () => {
  it('parseRoute() reads back formatRoute(), even for repositories named like parts of a path', () => {
    const name = fc.constantFrom('a', 'blobs', 'a/blobs/uploads', 'manifests/x', 'tags/list', 'library/referrers');
    fc.assert(fc.property(name, (repository) => {
      for (const route of [
        { kind: 'blob', name: repository, digest }, { kind: 'uploads', name: repository }, { kind: 'upload', name: repository, id: 'a'.repeat(32) },
        { kind: 'manifest', name: repository, reference: 'v1' }, { kind: 'tags', name: repository }, { kind: 'referrers', name: repository, digest },
      ] as const) assert.deepEqual(parseRoute(formatRoute(route)), route);
    }));
  });
  it('parseRoute() says what is wrong', () => {
    assert.deepEqual(parseRoute('/v2/UPPER/tags/list'), { kind: 'invalid', code: 'NAME_INVALID', what: 'UPPER' });
    assert.deepEqual(parseRoute('/v2/a/blobs/sha256:00'), { kind: 'invalid', code: 'DIGEST_INVALID', what: 'sha256:00' });
    assert.deepEqual(parseRoute('/v2/a/%2e%2e/tags/list'), { kind: 'invalid', code: 'NAME_INVALID', what: 'a/..' });
    assert.deepEqual(parseRoute('/v2/%/tags/list'), { kind: 'unknownPath' });
    assert.deepEqual(parseRoute('/v1/search'), { kind: 'unknownPath' });
  });
});

describe('errors and throttling', () => {
  it('parseErrorBody() reads back errorBody(), and nothing else', () => {
    assert.equal(parseErrorBody(errorBody('DENIED', 'no'))[0]?.message, 'no');
    assert.deepEqual(parseErrorBody('<html>'), []);
    assert.deepEqual(parseErrorBody('null'), []);
  });
  it('parseErrorBody() lets no control character reach a terminal', () => {
    assert.equal(parseErrorBody(JSON.stringify({ errors: [{ code: 'X', message: 'a\u001b[31mb' }] }))[0]?.message, 'a [31mb');
  });
  it('retryAfterMs() reads seconds and dates', () => {
    assert.equal(retryAfterMs('3', 0), 3000);
    assert.equal(retryAfterMs('Thu, 01 Jan 1970 00:00:05 GMT', 1000), 4000);
    assert.equal(retryAfterMs('soon', 0), undefined);
    assert.equal(describeRateLimit('100;w=21600'), 'the limit is 100 in 6 h');
  });
});
