import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { canonicalName, familiarName, isTag, parseReference, withDefaultTag } from './reference.ts';

const hex = 'a'.repeat(64);

describe('parseReference()', () => {
  const cases: [text: string, canonical: string, familiar: string][] = [
    ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
    ['gantry/busybox', 'docker.io/gantry/busybox:latest', 'gantry/busybox:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['index.docker.io/library/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['localhost/x', 'localhost/x:latest', 'localhost/x:latest'],
    ['localhost:5000/x:y', 'localhost:5000/x:y', 'localhost:5000/x:y'],
    ['ghcr.io/a/b__c/d-e@sha256:' + hex, 'ghcr.io/a/b__c/d-e@sha256:' + hex, 'ghcr.io/a/b__c/d-e@sha256:' + hex],
    ['x:t@sha256:' + hex, 'docker.io/library/x:t@sha256:' + hex, 'x:t@sha256:' + hex],
    [`registry.example:5000/${'a'.repeat(255)}:x`, `registry.example:5000/${'a'.repeat(255)}:x`, `registry.example:5000/${'a'.repeat(255)}:x`],
    ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
    ['HOST/x', 'HOST/x:latest', 'HOST/x:latest'],
  ];
  for (const [text, canonical, familiar] of cases) {
    it(`reads ${text.slice(0, 60)}`, () => {
      const reference = withDefaultTag(parseReference(text));
      assert.equal(canonicalName(reference), canonical);
      assert.equal(familiarName(reference), familiar);
    });
  }

  for (const text of ['', 'a b', 'a//b', '/a', 'a/', 'a:', 'a:-x', 'a@sha256:abc', 'a..b', 'a___b', '-a', 'x:' + 't'.repeat(129), 'é', 'a'.repeat(300)]) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => assert.throws(() => parseReference(text), { kind: 'invalid' }));
  }

  it('says that capitals are the trouble', () => {
    assert.throws(() => parseReference('Foo'), { message: 'invalid reference format: repository name (library/Foo) must be lowercase' });
  });

  it('limits the path, without its host', () => {
    assert.throws(() => parseReference(`h:1/${'a'.repeat(256)}`), { message: 'repository name must not be more than 255 characters' });
    assert.throws(() => parseReference('a'.repeat(248)), { message: 'repository name must not be more than 255 characters' });
  });

  it('refuses what would be taken for an id', () => {
    assert.throws(() => parseReference(hex), /cannot specify 64-byte hexadecimal strings/);
  });

  it('gives the same reference for the canonical and the familiar form', () => {
    const part = fc.stringMatching(/^[a-z0-9]+(?:[_-][a-z0-9]+)*$/).filter((value) => value !== 'localhost' && value.length < 30 && !/^[a-f0-9]{64}$/.test(value));
    const domain = fc.constantFrom('', 'docker.io/', 'localhost:5000/', 'quay.io/');
    fc.assert(fc.property(domain, fc.array(part, { minLength: 1, maxLength: 4 }), fc.stringMatching(/^\w[\w.-]{0,20}$/), (host, parts, tag) => {
      const reference = parseReference(`${host}${parts.join('/')}:${tag}`);
      assert.deepEqual(parseReference(canonicalName(reference)), reference);
      assert.deepEqual(parseReference(familiarName(reference)), reference);
    }));
  });
});

it('isTag() refuses paths', () => {
  assert.ok(isTag('v1.0_x-y'));
  for (const tag of ['.', '..', '-a', 'a/b', '', 'a'.repeat(129)]) assert.ok(!isTag(tag), tag);
});
