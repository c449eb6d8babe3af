import { GantryError } from '../../../base/errors.ts';
import { readFilters, type ReadFilters } from '../../../engine/filters.ts';
import { parseFilters } from '../http/filters.ts';
import type { Handler } from '../http/router.ts';
import { sendJson } from '../http/respond.ts';
import { registryAuth } from './auth.ts';

const [usualResults, maxResults] = [25, 100];
const filterKeys = ['is-automated', 'is-official', 'stars'];

/** `GET /images/search`. */
export const search: Handler = async (exchange, { images }) => {
  const { query, signal, request } = exchange;
  const term = query.text('term');
  if (term === '') throw new GantryError('invalid', 'term is required');
  const limit = limitOf(query.text('limit'));
  const keep = searchFilter(readFilters(parseFilters(query.text('filters'), filterKeys), filterKeys));
  const found = await images.registries.search(term, { limit, auth: registryAuth(request.headers['x-registry-auth']), signal });
  sendJson(exchange, 200, found.filter(keep).map(({ name, description, stars, official }) => ({
    star_count: stars, is_official: official, name, is_automated: false, description,
  })));
};

function limitOf(text: string): number {
  const limit = text === '' ? 0 : atoi(text, 'invalid limit specified');
  if (limit < 0 || limit > maxResults) throw new GantryError('invalid', `limit ${limit} is outside the range of [1, ${maxResults}]`);
  return limit || usualResults;
}

/** @throws invalid, in the words of Go's strconv after `what` */
function atoi(text: string, what: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new GantryError('invalid', `${what}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function searchFilter(filters: ReadFilters): (result: { stars: number; official: boolean }) => boolean {
  const [official, automated] = [filters.flag('is-official'), filters.flag('is-automated')];
  const stars = filters.values('stars').map((text) => atoi(text, `invalid filter 'stars=${text}'`));
  // Automated builds are gone: nothing is one.
  return (result) => automated !== true && (official === undefined || result.official === official) && stars.every((least) => result.stars >= least);
}

/** `GET /distribution/{name}/json`: what a name stands for in its registry, without pulling it. */
export const distribution: Handler = async (exchange, { images }) => {
  const { signal, request, params } = exchange;
  const auth = registryAuth(request.headers['x-registry-auth']);
  const { descriptor, platforms } = await images.registries.distribution(params['name'] ?? '', { auth, signal });
  sendJson(exchange, 200, { Descriptor: descriptor, Platforms: platforms });
};
