import type { Digest } from '../../../oci/digest.ts';
import { mediaTypes } from '../../../oci/media-types.ts';
import { formatNextLink } from '../../protocol/link.ts';
import { formatRoute } from '../../protocol/routes.ts';
import { answer, answerJson, type Exchange } from '../exchange.ts';
import { Refusal } from '../refusal.ts';

/** end-8a, end-8b */
export async function listTags(exchange: Exchange, name: string): Promise<void> {
  const { storage: { repositories }, upstream } = exchange.context;
  const theirs = await upstream?.tags(name);
  if (theirs === undefined && (await repositories.manifests(name)).length === 0 && (await repositories.blobs(name)).length === 0) {
    throw new Refusal('NAME_UNKNOWN', `repository ${name} not known to registry`);
  }
  const { page, link } = paginate(exchange, theirs?.toSorted(byCodePoint) ?? await repositories.tags(name), formatRoute({ kind: 'tags', name }));
  answerJson(exchange, { name, tags: page }, link);
}

/** The catalog of docker's registry: what this account may pull. */
export async function listCatalog(exchange: Exchange, mayPull: (name: string) => boolean): Promise<void> {
  const names = (await exchange.context.storage.repositories.names()).filter(mayPull);
  const { page, link } = paginate(exchange, names, formatRoute({ kind: 'catalog' }));
  answerJson(exchange, { repositories: page }, link);
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `n` and `last`: what comes after `last`, at most `n`; the order is that of code points. */
function paginate({ url }: Exchange, all: string[], path: string): { page: string[]; link: Record<string, string> } {
  const count = url.searchParams.get('n');
  if (count !== null && !/^\d+$/.test(count)) throw new Refusal('UNSUPPORTED', `n=${count} is not a number`, { status: 400 });
  const last = url.searchParams.get('last');
  const rest = last === null ? all : all.filter((item) => item > last);
  const page = count === null ? rest : rest.slice(0, Number(count));
  const hasMore = page.length < rest.length && page.length > 0;
  const next = hasMore ? `${path}?${new URLSearchParams({ n: count!, last: page.at(-1)! })}` : undefined;
  return { page, link: next === undefined ? {} : { link: formatNextLink(next) } };
}

/** end-12a, end-12b: an empty index when there is nothing, never 404. */
export async function listReferrers(exchange: Exchange, { name, digest }: { name: string; digest: Digest }): Promise<void> {
  const wanted = exchange.url.searchParams.get('artifactType');
  const all = await exchange.context.upstream?.referrers(name, digest) ?? await exchange.context.storage.repositories.referrers(name, digest);
  const manifests = wanted === null || wanted === '' ? all : all.filter((item) => item.artifactType === wanted);
  answer(exchange, 200, {
    'content-type': mediaTypes.ociIndex,
    ...(wanted === null || wanted === '' ? {} : { 'oci-filters-applied': 'artifactType' }),
  }, JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
}
