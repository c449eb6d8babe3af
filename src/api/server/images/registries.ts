import { GantryError } from '../../../base/errors.ts';
import { parseFilters } from '../http/filters.ts';
import type { Handler } from '../http/router.ts';
import { sendJson } from '../http/respond.ts';
import { registryAuth } from './auth.ts';

const maxResults = 100;

/** `GET /images/search`. */
export const search: Handler = async (exchange, { images }) => {
  const { query, signal, request } = exchange;
  const term = query.text('term');
  if (term === '') throw new GantryError('invalid', 'term is required');
  const limit = query.text('limit') === '' ? 25 : Number(query.text('limit'));
  if (!Number.isInteger(limit) || limit < 0 || limit > maxResults) throw new GantryError('invalid', `limit ${query.text('limit')} is outside the range of [1, ${maxResults}]`);
  const filters = parseFilters(query.text('filters'), ['is-automated', 'is-official', 'stars']);
  const keep = searchFilter(filters);
  const found = await images.registries.search(term, { limit: limit || 25, auth: registryAuth(request.headers['x-registry-auth']), signal });
  sendJson(exchange, 200, found.filter(keep).map(({ name, description, stars, official }) => ({
    star_count: stars, is_official: official, name, is_automated: false, description,
  })));
};

function searchFilter(filters: ReadonlyMap<string, readonly string[]>): (result: { stars: number; official: boolean }) => boolean {
  const official = truth(filters, 'is-official');
  const automated = truth(filters, 'is-automated');
  const stars = (filters.get('stars') ?? []).map((text) => {
    if (!/^\d+$/.test(text)) throw new GantryError('invalid', `invalid filter 'stars=${text}'`);
    return Number(text);
  });
  // Automated builds are gone: nothing is one.
  return (result) => automated !== true && (official === undefined || result.official === official) && stars.every((least) => result.stars >= least);
}

function truth(filters: ReadonlyMap<string, readonly string[]>, key: string): boolean | undefined {
  const values = (filters.get(key) ?? []).map((text) => (['1', 'true'].includes(text) ? true : ['0', 'false'].includes(text) ? false : undefined));
  if (values.includes(undefined)) throw new GantryError('invalid', `invalid filter '${key}=${filters.get(key)?.join(',')}'`);
  return values[0];
}

/** `GET /distribution/{name}/json`: what a name stands for in its registry, without pulling it. */
export const distribution: Handler = async (exchange, { images }) => {
  const { signal, request, params } = exchange;
  const auth = registryAuth(request.headers['x-registry-auth']);
  const { descriptor, platforms } = await images.registries.distribution(params['name'] ?? '', { auth, signal });
  sendJson(exchange, 200, { Descriptor: descriptor, Platforms: platforms });
};
