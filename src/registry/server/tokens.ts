import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { formatChallenge } from '../protocol/challenge.ts';
import type { Account } from './access.ts';

export const tokenPath = '/token';
const lifetimeSeconds = 300;

/**
 * Tokens that the registry gives itself. Where anybody may pull but only users push, Basic does not do: docker's client sends
 * credentials only where its first request was challenged, and gives up when it has none. A token says who asks; what
 * they may do is decided at each request. The key lives with the process: after a restart clients ask for a new token.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export class Tokens {
  readonly #key = randomBytes(32);

  issue(account: Account, nowMs: number): { token: string; access_token: string; expires_in: number; issued_at: string } {
    const claims = Buffer.from(JSON.stringify({ user: account.user, endsAtMs: nowMs + lifetimeSeconds * 1000 })).toString('base64url');
    const token = `${claims}.${this.#sign(claims)}`;
    return { token, access_token: token, expires_in: lifetimeSeconds, issued_at: new Date(nowMs).toISOString() };
  }

  /** Undefined when the header holds no token of ours that is still good. */
  verify(header: string | undefined, nowMs: number): Account | undefined {
    const match = /^Bearer\s+([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/i.exec(header ?? '');
    if (match === null) return undefined;
    const expected = Buffer.from(this.#sign(match[1]!));
    const given = Buffer.from(match[2]!);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
    const { user, endsAtMs } = JSON.parse(Buffer.from(match[1]!, 'base64url').toString('utf8')) as { user?: string; endsAtMs: number };
    return endsAtMs > nowMs ? { user } : undefined;
  }

  #sign(claims: string): string {
    return createHmac('sha256', this.#key).update(claims).digest('base64url');
  }
}

/** `X-Forwarded-Proto` is believed: it can only mislead the client that sent it. */
export function tokenChallenge(request: IncomingMessage): string {
  const isTls = (request.socket as TLSSocket).encrypted === true || request.headers['x-forwarded-proto'] === 'https';
  const host = /^[\w.:[\]-]+$/.exec(request.headers.host ?? '')?.[0] ?? 'localhost';
  return formatChallenge({ scheme: 'bearer', parameters: { realm: `${isTls ? 'https' : 'http'}://${host}${tokenPath}`, service: host } });
}
