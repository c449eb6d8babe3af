import { STATUS_CODES } from 'node:http';
import { isTag } from '../../oci/reference.ts';
import { nextLink } from '../protocol/link.ts';
import { printable } from '../protocol/printable.ts';
import { formatRoute } from '../protocol/routes.ts';
import { catalogScope, repositoryScope, type Scope } from '../protocol/scope.ts';
import { lied, refusalOf, single } from './failures.ts';
import type { Repository } from './manifests.ts';
import { limits } from './options.ts';
import { discardBody, readBody } from './read-body.ts';
import { redactUrl } from './redact.ts';
import type { RegistryAnswer, Session } from './session.ts';

/** All tags of a repository, over all pages, as the registry orders them. @throws notFound */
export async function listTags(session: Session, repository: Repository, signal?: AbortSignal): Promise<string[]> {
  const tags: string[] = [];
  const target = formatRoute({ kind: 'tags', name: repository.name });
  for await (const page of pages(session, { registry: repository.registry, target, scopes: [repositoryScope(repository.name, ['pull'])], what: `tags of ${repository.name}`, signal })) {
    tags.push(...strings(page.body['tags']).filter(isTag));
  }
  return tags;
}

/** All repositories of a registry that offers its catalog. */
export async function listRepositories(session: Session, registry: string, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for await (const page of pages(session, { registry, target: formatRoute({ kind: 'catalog' }), scopes: [catalogScope], what: 'catalog', signal })) {
    names.push(...strings(page.body['repositories']));
  }
  return names;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export interface PagedRequest { registry: string; target: string; scopes: Scope[]; what: string; signal?: AbortSignal }

/** Pages by `Link`, on the registry's own origin, a bounded number of them. */
export async function* pages(session: Session, request: PagedRequest): AsyncGenerator<{ body: Record<string, unknown> }> {
  let target: string | URL = request.target;
  const seen = new Set<string>();
  for (let page = 0; page < limits.pages; page += 1) {
    const answer: RegistryAnswer = await session.send({ ...request, method: 'GET', target, headers: { accept: '*/*' } });
    if (answer.status !== 200) throw await refusalOf(answer, request.registry, request.what);
    yield { body: await readJson(session, answer, request) };
    const next = nextLink(single(answer.headers.link));
    if (next === undefined) return;
    const url = URL.canParse(next, answer.url.href) ? new URL(next, answer.url) : undefined;
    if (url === undefined || url.origin !== answer.url.origin || seen.has(url.href)) throw lied(request.registry, `${request.what}: its next page leads astray`);
    seen.add(url.href);
    target = url;
  }
  throw lied(request.registry, `${request.what} has more than ${limits.pages} pages`);
}

async function readJson(session: Session, answer: RegistryAnswer, request: { registry: string; what: string }): Promise<Record<string, unknown>> {
  const bytes = await readBody(answer.body, { maxBytes: limits.listBytes, deadlineMs: session.timeouts.smallBodyMs, ...request });
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Falls through to the same sentence.
  }
  throw lied(request.registry, `${request.what} is not JSON`);
}

export interface SearchResult { name: string; description: string; stars: number; official: boolean }

/** The search of the first registry protocol, which Docker Hub still offers. @throws notFound elsewhere */
export async function searchRegistry(session: Session, registry: string, search: { term: string; limit: number; signal?: AbortSignal }): Promise<SearchResult[]> {
  const target = `/v1/search?${new URLSearchParams({ q: search.term, n: String(search.limit) })}`;
  const answer = await session.send({ registry: registry === 'docker.io' ? 'index.docker.io' : registry, method: 'GET', target, scopes: [], signal: search.signal });
  if (answer.status !== 200) throw await refusalOf(answer, registry, 'search');
  const { results } = await readJson(session, answer, { registry, what: 'search' });
  if (!Array.isArray(results)) throw lied(registry, 'search came without results');
  return (results as Record<string, unknown>[]).slice(0, search.limit).map((item) => ({
    name: printable(String(item?.['name'] ?? '')), description: printable(String(item?.['description'] ?? ''), 5000), stars: Number(item?.['star_count']) || 0, official: item?.['is_official'] === true,
  }));
}

/** `GET /v2/` as these credentials: what `login` checks. @throws unauthorized, with the registry's reason */
export async function ping(session: Session, registry: string, signal?: AbortSignal): Promise<void> {
  const answer = await session.send({ registry, method: 'GET', target: formatRoute({ kind: 'base' }), scopes: [], signal });
  if (answer.status !== 200) throw await refusalOf(answer, registry, `login attempt to ${redactUrl(answer.url)} failed with status: ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`.trimEnd());
  discardBody(answer.body);
}
