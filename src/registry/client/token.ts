import { GantryError } from '../../base/errors.ts';
import { formatScope, type Scope } from '../protocol/scope.ts';
import { basicAuthorization, type Credentials } from './credentials.ts';
import { lied, refusalOf } from './failures.ts';
import { isInsecure } from './hosts.ts';
import { limits, type Timeouts } from './options.ts';
import { readBody } from './read-body.ts';
import { redactUrl } from './redact.ts';
import { followRedirects } from './redirects.ts';
import type { Transport, WireAnswer } from './transport.ts';

export interface TokenRequest {
  registry: string;
  /** The registry itself was asked without TLS, so its token server may be too. */
  plain: boolean;
  realm: string;
  service: string | undefined;
  scopes: Scope[];
  credentials: Credentials | undefined;
  signal?: AbortSignal;
}

export interface Token {
  value: string;
  lifetimeMs: number;
  refreshToken?: string;
}

export interface TokenServerAccess {
  transport: Transport;
  timeouts: Timeouts;
  insecureRegistries: string[];
  userAgent: string;
  onIdentityToken?: ((token: string) => void) | undefined;
}

/**
 * Asks the token server named by a Bearer challenge: GET with or without Basic, POST with a refresh token.
 * https://distribution.github.io/distribution/spec/auth/token/ and …/auth/oauth/
 */
export async function requestToken(access: TokenServerAccess, request: TokenRequest): Promise<Token> {
  const realm = checkedRealm(request, access.insecureRegistries);
  const answer = request.credentials?.identityToken === undefined ? await getToken(access, request, realm) : await postRefresh(access, request, realm);
  if (answer.status !== 200) throw await refusalOf(answer, request.registry, `no token from ${redactUrl(realm)}`);
  const body = await readBody(answer.body, {
    maxBytes: limits.tokenBytes, deadlineMs: access.timeouts.smallBodyMs, what: 'the token', registry: request.registry,
  });
  const token = readToken(body, request.registry);
  if (token.refreshToken !== undefined) access.onIdentityToken?.(token.refreshToken);
  return token;
}

/** A realm without TLS would carry the password in the clear: only a registry without TLS may name one. */
function checkedRealm(request: TokenRequest, insecureRegistries: string[]): URL {
  const realm = URL.canParse(request.realm) ? new URL(request.realm) : undefined;
  if (realm === undefined || !['http:', 'https:'].includes(realm.protocol)) throw lied(request.registry, 'its challenge names no usable token server');
  if (realm.protocol === 'http:' && !request.plain && !isInsecure(realm.host, insecureRegistries)) {
    throw new GantryError('unavailable', `registry ${request.registry}: its token server ${redactUrl(realm)} has no TLS`);
  }
  realm.username = '';
  realm.password = '';
  return realm;
}

async function getToken(access: TokenServerAccess, request: TokenRequest, realm: URL): Promise<WireAnswer> {
  const url = new URL(realm);
  if (request.service !== undefined) url.searchParams.set('service', request.service);
  for (const scope of request.scopes) url.searchParams.append('scope', formatScope(scope));
  const authorization = request.credentials === undefined ? undefined : basicAuthorization(request.credentials);
  if (authorization !== undefined) url.searchParams.set('account', request.credentials!.username!);
  if (access.onIdentityToken !== undefined) {
    url.searchParams.set('offline_token', 'true');
    url.searchParams.set('client_id', 'gantry');
  }
  const headers = { 'user-agent': access.userAgent, ...(authorization === undefined ? {} : { authorization }) };
  return followRedirects(access.transport, { method: 'GET', url, headers, signal: request.signal }, access.insecureRegistries);
}

async function postRefresh(access: TokenServerAccess, request: TokenRequest, realm: URL): Promise<WireAnswer> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service: request.service ?? '',
    client_id: 'gantry',
    refresh_token: request.credentials!.identityToken!,
  });
  if (request.scopes.length > 0) form.set('scope', request.scopes.map(formatScope).join(' '));
  const headers = { 'user-agent': access.userAgent, 'content-type': 'application/x-www-form-urlencoded' };
  return access.transport({ method: 'POST', url: realm, headers, body: Buffer.from(form.toString()), signal: request.signal });
}

/** A token without a lifetime lives for 60 seconds. */
function readToken(body: Buffer, registry: string): Token {
  let parsed: Record<string, unknown> | null = null;
  try {
    parsed = JSON.parse(body.toString('utf8')) as Record<string, unknown> | null;
  } catch {
    // An unreadable answer is the same as one without a token.
  }
  const value = [parsed?.['token'], parsed?.['access_token']].find((found) => typeof found === 'string' && found !== '') as string | undefined;
  if (value === undefined || /[^\x21-\x7e]/.test(value)) throw lied(registry, 'its token server answered without a token');
  const seconds = Number(parsed?.['expires_in']);
  const refresh = parsed?.['refresh_token'];
  return {
    value,
    lifetimeMs: (Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 86_400) : 60) * 1000,
    ...(typeof refresh === 'string' && refresh !== '' ? { refreshToken: refresh } : {}),
  };
}
