import { GantryError } from '../../../base/errors.ts';
import { atLeast } from '../../types/version.ts';
import { bodyStream } from '../http/body.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Handler } from '../http/router.ts';
import type { Services } from '../services.ts';
import { registryAuth } from './auth.ts';
import { streamProgress } from './progress.ts';

/** `POST /images/create` is two things: `fromImage` pulls, `fromSrc` imports the body as a root filesystem. */
export const createImage: Handler = (exchange, services) =>
  (exchange.query.text('fromImage') === '' ? importImage(exchange, services) : pull(exchange, services));

async function pull(exchange: Exchange, { images }: Services): Promise<void> {
  const { query, signal, request } = exchange;
  const name = query.text('fromImage').replace(/:$/, '');
  const tag = query.text('tag');
  const reference = tag === '' ? name : withTag(name, tag);
  await streamProgress(exchange, (progress) => images.pull(reference, {
    ...platformOf(exchange),
    // A client that names neither tag nor digest wants them all.
    allTags: tag === '' && !hasTagOrDigest(name),
    auth: registryAuth(request.headers['x-registry-auth']),
    progress,
    signal,
  }));
}

async function importImage(exchange: Exchange, { images }: Services): Promise<void> {
  const { query, signal } = exchange;
  const source = query.text('fromSrc');
  if (source === '') throw new GantryError('invalid', 'neither fromImage nor fromSrc was given');
  const url = source === '-' ? undefined : urlOf(source);
  await streamProgress(exchange, async (progress) => {
    await images.import(url ?? bodyStream(exchange), {
      repository: query.text('repo'),
      tag: query.text('tag'),
      message: query.text('message') || `Imported from ${url === undefined ? source : withoutSecret(url)}`,
      changes: query.all('changes'),
      ...platformOf(exchange),
      signal,
      progress,
    });
  });
}

/** Of an address without a scheme HTTP is meant, as Docker does. */
function urlOf(source: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? source : `http://${source}`;
  if (!URL.canParse(text)) throw new GantryError('invalid', `${source} is no URL`);
  return new URL(text);
}

/** What a history may tell. */
function withoutSecret(url: URL): string {
  const shown = new URL(url);
  [shown.username, shown.password] = ['', ''];
  return shown.href;
}

export function withTag(name: string, tag: string): string {
  if (/^[a-z0-9]+:[0-9a-f]{32,}$/i.test(tag)) return `${name.replace(/@.*$/, '')}@${tag}`;
  if (!/^\w[\w.-]{0,127}$/.test(tag)) throw new GantryError('invalid', 'invalid tag format');
  return hasTagOrDigest(name) ? `${name.slice(0, name.lastIndexOf(':'))}:${tag}` : `${name}:${tag}`;
}

export function hasTagOrDigest(name: string): boolean {
  return name.includes('@') || name.lastIndexOf(':') > name.lastIndexOf('/');
}

function platformOf({ query, version }: Exchange): { platform?: string } {
  const platform = atLeast(version, '1.32') ? query.text('platform') : '';
  return platform === '' ? {} : { platform };
}
