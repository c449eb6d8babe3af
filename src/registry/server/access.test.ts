import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { passwordMatches } from '../../host/crypt.ts';
import { decide, defaultRules, globMatches, readBasic } from './access.ts';
import { parseHtpasswd } from './htpasswd.ts';
import { readRules } from './rules.ts';
import { Tokens } from './tokens.ts';

describe('globMatches()', () => {
  const rows: [glob: string, name: string, expected: boolean][] = [
    ['**', 'a/b', true], ['team/*', 'team/a', true], ['team/*', 'team/a/b', false], ['team/**', 'team/a/b', true], ['a.b', 'axb', false], ['a', 'ab', false],
  ];
  for (const [glob, name, expected] of rows) it(`${glob} holds ${name}: ${expected}`, () => assert.equal(globMatches(glob, name), expected));
});

describe('decide()', () => {
  const verify = async (): Promise<boolean> => true;
  const want = (action: 'pull' | 'push') => ({ repository: 'a', action });
  it('tells who should log in from who may not', () => {
    const access = { verify, rules: [{ user: 'alice', repository: 'a', actions: ['pull' as const] }] };
    assert.equal(decide(access, { user: undefined }, want('pull')), 'unauthorized');
    assert.equal(decide(access, { user: 'alice' }, want('pull')), 'allowed');
    assert.equal(decide(access, { user: 'alice' }, want('push')), 'denied');
    assert.equal(decide(access, { user: 'bob' }, want('pull')), 'denied');
  });
  it('gives everybody what is for anybody', () => {
    const access = { verify, rules: defaultRules({ anonymousPull: true }) };
    assert.equal(decide(access, { user: undefined }, want('pull')), 'allowed');
    assert.equal(decide(access, { user: undefined }, want('push')), 'unauthorized');
  });
});

describe('passwords', () => {
  it('passwordMatches() knows bcrypt and SHA-512-crypt, and refuses what crypt(3) refuses', async () => {
    const bcrypt = '$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u';
    assert.equal(await passwordMatches('secret', bcrypt), true);
    assert.equal(await passwordMatches('Secret', bcrypt), false);
    assert.equal(await passwordMatches('x', '*0'), false);
  });
  it('parseHtpasswd() refuses weak hashes by line', () => {
    assert.deepEqual([...parseHtpasswd('# c\n\na:$2y$05$x\n')], [['a', '$2y$05$x']]);
    assert.throws(() => parseHtpasswd('a:$2y$05$x\nb:$apr1$x$y'), /line 2.*b/);
    assert.throws(() => parseHtpasswd('nonsense'), /line 1/);
  });
  it('readBasic() keeps colons of the password', () => {
    assert.deepEqual(readBasic(`Basic ${Buffer.from('a:b:c').toString('base64')}`), { user: 'a', password: 'b:c' });
    assert.equal(readBasic('Bearer x'), undefined);
  });
  it('readRules() names the entry it refuses', () => {
    assert.throws(() => readRules('[{"user":"a","repository":"**","actions":["fly"]}]'), /rule 1/);
    assert.throws(() => readRules('{}'), /not a list/);
  });
});

describe('Tokens', () => {
  it('are good for a while, for one registry, and unchanged', () => {
    const tokens = new Tokens();
    const { token, expires_in: seconds } = tokens.issue({ user: 'alice' }, 0);
    assert.deepEqual(tokens.verify(`Bearer ${token}`, 1), { user: 'alice' });
    assert.equal(tokens.verify(`Bearer ${token}`, seconds * 1000), undefined);
    assert.equal(new Tokens().verify(`Bearer ${token}`, 1), undefined);
    const forged = `${Buffer.from('{"user":"root","endsAtMs":9e15}').toString('base64url')}.${token.split('.')[1]}`;
    assert.equal(tokens.verify(`Bearer ${forged}`, 1), undefined);
  });
});
