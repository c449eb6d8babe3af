import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalName } from '../../oci/reference.ts';
import { newName } from './new-name.ts';

describe('newName()', () => {
  const named: [repository: string, tag: string, name: string][] = [
    ['a', '', 'docker.io/library/a:latest'], ['a', 'b', 'docker.io/library/a:b'], ['a:b', '', 'docker.io/library/a:b'],
    ['a:b', 'c', 'docker.io/library/a:c'], ['localhost:5000/a', 'c', 'localhost:5000/a:c'],
  ];
  for (const [repository, tag, name] of named) it(`makes ${name} of ${repository} and ${JSON.stringify(tag)}`, () => assert.equal(canonicalName(newName(repository, tag)!), name));

  it('is none without a repository', () => assert.equal(newName('', 'x'), undefined));

  const refused: [repository: string, tag: string, message: RegExp][] = [
    ['A', '', /must be lowercase/], ['a', '-x', /^invalid tag format$/], ['a', 'b c', /^invalid tag format$/], ['a', 'x'.repeat(129), /^invalid tag format$/],
    [`a@sha256:${'0'.repeat(64)}`, '', /^cannot import digest reference$/], ['0'.repeat(64), 'x', /cannot specify 64-byte hexadecimal strings/],
  ];
  for (const [repository, tag, message] of refused) it(`refuses ${repository.slice(0, 20)} and ${tag.slice(0, 20)}`, () => assert.throws(() => newName(repository, tag), { kind: 'invalid', message }));
});
