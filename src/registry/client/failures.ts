import { GantryError, errnoOf, isGantryError, type ErrorKind } from '../../base/errors.ts';
import { parseErrorBody, type RegistryErrorEntry } from '../protocol/errors.ts';
import { printable } from '../protocol/printable.ts';
import { describeRateLimit } from '../protocol/throttling.ts';
import { limits } from './options.ts';
import { networkReason } from './network-reason.ts';
import { discardBody, readBody } from './read-body.ts';
import { RegistryRefusal } from './refusal.ts';
import type { WireAnswer } from './transport.ts';

const kinds: Record<number, ErrorKind> = { 401: 'unauthorized', 403: 'forbidden', 404: 'notFound', 409: 'conflict', 429: 'unavailable' };

/** A registry's refusal as one of ours: names the registry, what was asked of it, and its reason. Reads the (capped) body. */
export async function refusalOf(answer: WireAnswer, registry: string, what: string): Promise<GantryError> {
  const entries = await readEntries(answer, registry);
  const reason = entries.map(describeEntry).join('; ') || `status ${answer.status}`;
  const denied = entries.some((entry) => entry.code === 'DENIED');
  const kind: ErrorKind = denied ? 'forbidden' : kinds[answer.status] ?? (answer.status >= 500 ? 'unavailable' : 'invalid');
  return new GantryError(kind, `registry ${registry}: ${what}: ${reason}`, { cause: new RegistryRefusal(answer.status, what, entries), hint: hintFor(answer, registry) });
}

/** What a status says that comes without a word, as every answer to HEAD does. */
const wordless: Record<number, RegistryErrorEntry[]> = {
  401: [{ code: 'UNAUTHORIZED', message: 'authentication required' }],
  403: [{ code: 'DENIED', message: 'requested access to the resource is denied' }],
};

async function readEntries(answer: WireAnswer, registry: string): Promise<RegistryErrorEntry[]> {
  try {
    const body = await readBody(answer.body, { maxBytes: limits.errorBytes, deadlineMs: 10_000, what: 'the error', registry });
    const entries = parseErrorBody(body.toString('utf8'));
    if (entries.length > 0) return entries;
  } catch {
    discardBody(answer.body);
  }
  return wordless[answer.status] ?? [];
}

function describeEntry(entry: RegistryErrorEntry): string {
  const code = entry.code.toLowerCase().replaceAll('_', ' ');
  return entry.message === '' || entry.message.toLowerCase() === code ? code : `${code}: ${entry.message}`;
}

function hintFor(answer: WireAnswer, registry: string): string | undefined {
  if (answer.status === 401) return `Log in with: gantry login ${registry}`;
  if (answer.status !== 429) return undefined;
  const limit = describeRateLimit(single(answer.headers['ratelimit-limit']));
  const wait = single(answer.headers['retry-after']);
  return [`The registry limits how often it is asked${limit === undefined ? '' : `: ${limit}`}.`,
    wait === undefined ? 'Log in for a higher limit, or try later.' : `It asks to wait ${/^\d+$/.test(wait) ? `${wait} s` : `until ${wait}`}.`].join(' ');
}

export function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** Who was asked; `base` is the URL of an endpoint that has not answered yet. */
export interface Asked { registry: string; base?: string }

/** The network's failure as one of ours: of who cannot be reached, in docker's words. Cancelling stays recognisable. */
export function connectionFailure(error: unknown, { registry, base }: Asked, signal?: AbortSignal): GantryError {
  if (signal?.aborted || (error as Error | undefined)?.name === 'AbortError') {
    return new GantryError('cancelled', 'context canceled', { cause: error });
  }
  if (isGantryError(error)) return error;
  const code = errnoOf(error);
  const reason = networkReason(error);
  const subject = base !== undefined && /^(?:dial tcp|tls:|http: server gave HTTP)/.test(reason) ? `Get "${base}/v2/"` : `registry ${registry}`;
  return new GantryError('unavailable', `${subject}: ${reason}`, { cause: error, hint: hintForNetwork(code, registry) });
}

function hintForNetwork(code: string | undefined, registry: string): string | undefined {
  if (code === undefined) return undefined;
  if (/SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_/.test(code)) {
    return `Put its authority's certificate into certs.d/${registry}/ca.crt, or list it as insecure registry.`;
  }
  if (code === 'EPROTO') return `It may speak plain HTTP: list ${registry} as insecure registry if that is meant.`;
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'Check its name and the name server.' : undefined;
}

/** `reason` may hold what the registry wrote. */
export function lied(registry: string, reason: string): GantryError {
  return new GantryError('invalid', `registry ${registry}: ${printable(reason, 1000)}`);
}
