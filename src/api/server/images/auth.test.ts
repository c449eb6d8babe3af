import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { registryAuth } from './auth.ts';

const encoded = (value: unknown, form: 'base64' | 'base64url' = 'base64url'): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(form);

describe('registryAuth()', () => {
  const read: [what: string, header: string | string[] | undefined, expected: object | undefined][] = [
    ['a user with a password', encoded({ username: 'u', password: 'p', serveraddress: 'r' }), { username: 'u', password: 'p', serverAddress: 'r' }],
    ['the other alphabet of base64, with padding', encoded({ username: 'ü?>', password: 'p' }, 'base64'), { username: 'ü?>', password: 'p' }],
    ['user and password in one', encoded({ auth: Buffer.from('u:p:q').toString('base64') }), { username: 'u', password: 'p:q' }],
    ['an identity token', encoded({ username: '', identitytoken: 't' }), { identityToken: 't' }],
    ['a registry token', encoded({ registrytoken: 't' }), { registryToken: 't' }],
    ['nothing', undefined, undefined],
    ['an empty header', '', undefined],
    ['an empty object', encoded({}), undefined],
    ['null', encoded('null'), undefined],
    ['a list', encoded([1]), undefined],
    ['what is no base64', '%%%', undefined],
    ['what is no JSON', encoded('user:password'), undefined],
    ['fields of another kind', encoded({ username: 7, password: ['p'] }), undefined],
    ['two headers', [encoded({ username: 'u' }), encoded({ username: 'v' })], undefined],
  ];
  for (const [what, header, expected] of read) it(`reads ${what}`, () => assert.deepEqual(registryAuth(header), expected));
});
