import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { GantryError } from '../../../base/errors.ts';

/**
 * Guards a TCP listener against web pages: a page in the browser of somebody on this network can send requests here, and with
 * DNS rebinding also read the answers. Programs send no `Origin`, and reach the API by address or by a name of its own.
 * @throws forbidden
 */
export function checkOrigin(request: IncomingMessage, allowedHosts: readonly string[]): void {
  const host = hostName(request.headers.host ?? '');
  if (host !== '' && !isKnown(host, allowedHosts)) throw new GantryError('forbidden', `the Host header names ${JSON.stringify(host)}, which is not a name of this daemon`);
  const origin = request.headers.origin;
  if (origin !== undefined && !isSameOrigin(origin, request.headers.host)) throw new GantryError('forbidden', 'requests from web pages are refused');
}

function isKnown(host: string, allowedHosts: readonly string[]): boolean {
  return isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost') || allowedHosts.includes(host);
}

function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(header);
  return (bracketed?.[1] ?? header.replace(/:\d*$/, '')).toLowerCase();
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
