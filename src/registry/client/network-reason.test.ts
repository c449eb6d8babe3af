import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkReason } from './network-reason.ts';

describe('networkReason() says', () => {
  const rows: [what: string, error: object, said: string | RegExp][] = [
    ['who refused', { code: 'ECONNREFUSED', address: '127.0.0.1', port: 5000 }, 'dial tcp 127.0.0.1:5000: connect: connection refused'],
    ['the first of several addresses', { code: 'ECONNREFUSED', message: '', errors: [{ code: 'ECONNREFUSED', address: '::1', port: 80 }, { code: 'ECONNREFUSED', address: '127.0.0.1', port: 80 }] }, 'dial tcp [::1]:80: connect: connection refused'],
    ['which name is none', { code: 'ENOTFOUND', hostname: 'registry.invalid' }, 'dial tcp: lookup registry.invalid: no such host'],
    ['that the name server is out of order', { code: 'EAI_AGAIN', hostname: 'registry.invalid' }, 'dial tcp: lookup registry.invalid: server misbehaving'],
    ['that nobody vouches for a certificate', { code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed certificate' }, /x509: certificate signed by unknown authority \(self-signed/],
    ['that there is no TLS', { code: 'EPROTO', message: 'SSL routines:ssl3_get_record:wrong version number' }, 'http: server gave HTTP response to HTTPS client'],
    ['that it was cut off', { code: 'ECONNRESET', message: 'socket hang up' }, 'EOF'],
    ['what else there was', { code: 'EPIPE', message: 'write EPIPE' }, 'write EPIPE'],
    ['something, always', {}, 'the connection failed'],
  ];
  for (const [what, error, said] of rows) {
    it(what, () => {
      const reason = networkReason(Object.assign(new Error(''), error));
      if (typeof said === 'string') assert.equal(reason, said);
      else assert.match(reason, said);
    });
  }
});
