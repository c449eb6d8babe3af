import type { Readable } from 'node:stream';
import { GantryError, isGantryError } from '../../base/errors.ts';
import { createConnections } from './connections.ts';
import { single } from './failures.ts';
import { networkReason } from './network-reason.ts';
import { defaultTimeouts, type RegistryClientOptions } from './options.ts';
import { redactUrl } from './redact.ts';
import { followRedirects } from './redirects.ts';
import { createTransport, type WireAnswer } from './transport.ts';

/** A file of the web on its way. Its connection ends with its body. */
export interface Download {
  body: Readable;
  /** What the server says; undefined when it does not. The body fails when it is cut short of this. */
  sizeBytes: number | undefined;
}

type DownloadOptions = Pick<RegistryClientOptions, 'insecureRegistries' | 'certificateFolders' | 'proxyEnvironment' | 'userAgent' | 'timeouts'> & { signal: AbortSignal };

/** GET of an http or https URL; a user and a password in it are shown to its host alone. @throws invalid, notFound, unavailable, naming the URL without its secrets */
export async function openDownload(url: URL, { signal, insecureRegistries = [], ...options }: DownloadOptions): Promise<Download> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new GantryError('invalid', `${redactUrl(url)}: only http and https URLs can be downloaded`);
  const connections = createConnections({ insecureRegistries, certificateFolders: options.certificateFolders ?? [], proxyEnvironment: options.proxyEnvironment ?? {} });
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  try {
    const answer = await followRedirects(createTransport(connections, timeouts), { method: 'GET', ...plainUrl(url, options.userAgent ?? 'gantry'), signal, party: 'server' }, insecureRegistries);
    if (answer.status !== 200) throw refusal(url, answer);
    const declared = single(answer.headers['content-length']);
    answer.body.once('close', () => connections.close());
    return { body: answer.body, sizeBytes: declared === undefined ? undefined : Number(declared) };
  } catch (error) {
    connections.close();
    signal.throwIfAborted();
    if (isGantryError(error)) throw error;
    throw new GantryError('unavailable', `Get "${redactUrl(url)}": ${networkReason(error)}`, { cause: error });
  }
}

/** User and password of a URL travel as a header, so that a redirect does not take them along. */
function plainUrl(url: URL, userAgent: string): { url: URL; headers: Record<string, string> } {
  const headers = { 'user-agent': userAgent, 'accept-encoding': 'identity' };
  if (url.username === '' && url.password === '') return { url, headers };
  const bare = new URL(url);
  [bare.username, bare.password] = ['', ''];
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { url: bare, headers: { ...headers, authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

function refusal(url: URL, { status, body }: WireAnswer): GantryError {
  body.destroy();
  return new GantryError(status === 404 ? 'notFound' : 'unavailable', `failed to GET ${redactUrl(url)} with status ${status}`);
}
