import { GantryError } from '../../base/errors.ts';
import { isInsecure } from './hosts.ts';
import { limits } from './options.ts';
import { redactUrl } from './redact.ts';
import type { Transport, WireAnswer, WireRequest } from './transport.ts';

const secretHeaders = ['authorization', 'cookie', 'proxy-authorization'];

/**
 * Sends and follows redirects, a bounded number of them. Secrets go to the first origin only and are not taken up again on a
 * way back; a redirect from TLS to plain HTTP is refused, unless the registry is insecure by configuration.
 */
export async function followRedirects(transport: Transport, request: WireRequest, insecureRegistries: string[]): Promise<WireAnswer> {
  let current = request;
  for (let hops = 0; ; hops += 1) {
    const answer = await transport(current);
    if (![301, 302, 303, 307, 308].includes(answer.status) || answer.headers.location === undefined) return answer;
    answer.body.destroy();
    if (hops >= limits.redirects) throw refused(request, `more than ${limits.redirects} redirects`);
    current = nextRequest(current, answer, insecureRegistries);
  }
}

function nextRequest(request: WireRequest, answer: WireAnswer, insecureRegistries: string[]): WireRequest {
  const target = URL.canParse(answer.headers.location!, request.url.href) ? new URL(answer.headers.location!, request.url) : undefined;
  if (target === undefined || !['http:', 'https:'].includes(target.protocol)) throw refused(request, 'a redirect to something that is not HTTP');
  if (request.url.protocol === 'https:' && target.protocol === 'http:' && !isInsecure(request.url.host, insecureRegistries)) {
    throw refused(request, `a redirect from TLS to plain HTTP (${redactUrl(target)})`);
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead && answer.status !== 307 && answer.status !== 308) throw refused(request, `a redirect (${answer.status}) of ${request.method}`);
  const headers = target.origin === request.url.origin ? request.headers : withoutSecrets(request.headers);
  return { ...request, url: target, headers };
}

function withoutSecrets(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secretHeaders.includes(name.toLowerCase())));
}

function refused(request: WireRequest, what: string): GantryError {
  return new GantryError('unavailable', `${request.party ?? 'registry'} ${request.url.host}: ${redactUrl(request.url)} answered with ${what}`);
}
