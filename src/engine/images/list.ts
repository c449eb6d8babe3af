import { GantryError } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { familiarName, familiarRepository, parseReference, repositoryOf } from '../../oci/reference.ts';
import type { ImageRecord, LayerRecord, ReferenceRecord } from '../../store/records.ts';
import type { Filters } from '../filters.ts';
import { shownNames, type Catalog } from './catalog.ts';
import { manifestSummaries } from './manifest-summaries.ts';
import type { ImageDeps } from './deps.ts';
import type { ImageSummary, ImageVerbs } from './verbs.ts';

const known = ['dangling', 'label', 'before', 'since', 'reference', 'until'];

/** Newest first, as Docker lists them. */
export function listVerb(deps: ImageDeps, catalog: Catalog): ImageVerbs['list'] {
  return async ({ all, filters, sharedSize, manifests = false }) => {
    const names = catalog.names();
    const images = catalog.images.all();
    const parents = new Set(images.map((image) => image.parent));
    // An unnamed parent of another image is a step of a build.
    const variants = catalog.variants();
    const shown = images.filter((image) => !variants.has(image.id) && (all || names.has(image.id) || !parents.has(image.id)));
    const keep = imageFilter(catalog, filters);
    const summaries: ImageSummary[] = [];
    const shared = sharedSize ? layerUsers(images) : undefined;
    for (const image of shown) {
      const kept = keep(image, names.get(image.id) ?? []);
      if (kept === undefined) continue;
      const summary = summarize(deps, image, { names: kept, ...(shared === undefined ? {} : { shared }) });
      summaries.push(manifests ? { ...summary, manifests: await manifestSummaries(deps, catalog, image) } : summary);
    }
    return summaries.sort((a, b) => createdMs(b.image) - createdMs(a.image));
  };
}

/** Each layer once, however many images share it. */
export function layerBytes(deps: ImageDeps, catalog: Catalog): number {
  const chains = new Set(catalog.images.all().flatMap(({ layers }) => layers.map(({ chainId }) => chainId)));
  const layers = deps.metadata.table<LayerRecord>('layers');
  return [...chains].reduce((sum, chainId) => sum + (layers.get(chainId)?.unpackedBytes ?? 0), 0);
}

function createdMs(image: ImageRecord): number {
  const ms = Date.parse(image.created);
  return Number.isNaN(ms) ? 0 : ms;
}

export function summarize(deps: ImageDeps, image: ImageRecord, options: { names: readonly ReferenceRecord[]; shared?: Map<Digest, number> }): ImageSummary {
  const layers = deps.metadata.table<LayerRecord>('layers');
  // A layer that nobody has unpacked weighs what its blob does.
  const blobs = new Map(image.layers.map((layer) => [layer.chainId, layer.size]));
  const bytesOf = (chainId: Digest): number => layers.get(chainId)?.unpackedBytes ?? blobs.get(chainId) ?? 0;
  const { shared } = options;
  return {
    image,
    ...shownNames(options.names),
    sizeBytes: image.layers.reduce((sum, layer) => sum + bytesOf(layer.chainId), 0),
    sharedBytes: shared === undefined ? -1 : image.layers.reduce((sum, layer) => sum + ((shared.get(layer.chainId) ?? 0) > 1 ? bytesOf(layer.chainId) : 0), 0),
    containers: shared === undefined ? -1 : deps.imageUsers(image.id).length,
  };
}

function layerUsers(images: readonly ImageRecord[]): Map<Digest, number> {
  const users = new Map<Digest, number>();
  for (const { layers } of images) for (const { chainId } of layers) users.set(chainId, (users.get(chainId) ?? 0) + 1);
  return users;
}

type Keep = (image: ImageRecord, names: ReferenceRecord[]) => ReferenceRecord[] | undefined;

/** Gives the names that are shown of an image, or undefined when it is filtered out. @throws invalid on an unknown filter or value */
export function imageFilter(catalog: Catalog, filters: Filters, allowed: readonly string[] = known): Keep {
  for (const key of filters.keys()) if (!allowed.includes(key)) throw new GantryError('invalid', `invalid filter '${key}'`);
  const before = edge(catalog, filters, 'before');
  const since = edge(catalog, filters, 'since');
  const until = filters.get('until')?.map(momentMs)[0];
  const dangling = booleanFilter(filters, 'dangling');
  const labels = filters.get('label') ?? [];
  const unwanted = filters.get('label!') ?? [];
  const globs = (filters.get('reference') ?? []).map(referenceGlob);
  return (image, names) => {
    const created = createdMs(image);
    if ((before !== undefined && created >= before) || (since !== undefined && created <= since) || (until !== undefined && created > until)) return undefined;
    const isDangling = !names.some((name) => !name.name.includes('@'));
    if (dangling !== undefined && dangling !== isDangling) return undefined;
    if (!labels.every((label) => hasLabel(image, label)) || (unwanted.length > 0 && unwanted.every((label) => hasLabel(image, label)))) return undefined;
    if (globs.length === 0) return names;
    const matching = names.filter((name) => globs.some((matches) => matches(name.name)));
    return matching.length === 0 ? undefined : matching;
  };
}

function edge(catalog: Catalog, filters: Filters, key: 'before' | 'since'): number | undefined {
  const values = (filters.get(key) ?? []).map((text) => createdMs(catalog.find(text)));
  return values.length === 0 ? undefined : key === 'before' ? Math.min(...values) : Math.max(...values);
}

export function booleanFilter(filters: Filters, key: string): boolean | undefined {
  const values = filters.get(key);
  if (values === undefined || values.length === 0) return undefined;
  const meaning = values.map((value) => (['1', 'true', 't', 'T', 'TRUE', 'True'].includes(value) ? true : ['0', 'false', 'f', 'F', 'FALSE', 'False'].includes(value) ? false : undefined));
  if (meaning.includes(undefined) || new Set(meaning).size > 1) throw new GantryError('invalid', `invalid filter '${key}=${JSON.stringify(values)}'`);
  return meaning[0];
}

function hasLabel(image: ImageRecord, wanted: string): boolean {
  const labels = image.config.labels ?? {};
  const equals = wanted.indexOf('=');
  const key = equals < 0 ? wanted : wanted.slice(0, equals);
  return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === wanted.slice(equals + 1));
}

/** A time (RFC 3339 or seconds since the epoch) or a duration before now (`24h`, `1h30m`). */
function momentMs(text: string): number {
  const seconds = /^\d+(?:\.\d+)?$/.exec(text);
  if (seconds !== null) return Number(text) * 1000;
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  if (/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) {
    let ms = 0;
    for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) ms += Number(amount) * (units[unit as string] as number);
    return Date.now() - ms;
  }
  const date = Date.parse(text);
  if (Number.isNaN(date)) throw new GantryError('invalid', `invalid filter 'until=${text}': neither a time nor a duration`);
  return date;
}

/** `busy*`, `*:latest`, `localhost:5000/*`: shell patterns on the short name, with or without the tag. `*` stops at a slash. */
function referenceGlob(pattern: string): (canonical: string) => boolean {
  const body = pattern.replace(/[.+^${}()|\\]/g, '\\$&').replace(/\*/g, '[^/]*').replace(/\?/g, '[^/]');
  let matcher: RegExp;
  try {
    matcher = new RegExp(`^${body}$`);
  } catch (error) {
    throw new GantryError('invalid', `invalid filter 'reference=${pattern}'`, { cause: error });
  }
  return (canonical) => {
    const reference = parseReference(canonical);
    return [familiarName(reference), familiarRepository(reference), canonical, repositoryOf(reference)].some((text) => matcher.test(text));
  };
}
