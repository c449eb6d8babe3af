import type { Services } from '../services.ts';
import type { Exchange } from './exchange.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';
export type Handler = (exchange: Exchange, services: Services) => Promise<void> | void;

/** One row of a route table. */
export interface Route {
  method: Method;
  /** `{name}` is one segment or more: names of images contain slashes, and who writes one elsewhere is told that there is no such thing. */
  path: string;
  handler: Handler;
  /** First API version that has it, when that is later than the oldest spoken. */
  since?: string;
  /** Why it answers 501 or 503, in a few words, for the compatibility table. */
  unsupported?: string;
}

export interface Match { route: Route; params: Record<string, string> }
export type Router = (method: string, path: string) => Match | undefined;

interface Compiled { route: Route; pattern: RegExp; names: string[] }

/** Finds the first row that fits. Rows are bucketed by method and first segment, so a look-up tries a handful of patterns. */
export function createRouter(routes: readonly Route[]): Router {
  const buckets = new Map<string, Compiled[]>();
  for (const route of routes) {
    const key = bucketOf(route.method, route.path.replace(/^\/\{.*/, `/${anywhere}`));
    buckets.set(key, [...(buckets.get(key) ?? []), compile(route)].sort(longestFirst));
  }
  return (method, path) => {
    const here = buckets.get(bucketOf(method, path)) ?? buckets.get(bucketOf(method, `/${anywhere}`)) ?? [];
    for (const { route, pattern, names } of here) {
      const match = pattern.exec(path);
      if (match !== null) return { route, params: Object.fromEntries(names.map((name, index) => [name, match[index + 1]!])) };
    }
    return undefined;
  };
}

/** A name takes what it can get: the row that says more of the path is asked first. */
function longestFirst(left: Compiled, right: Compiled): number {
  return right.route.path.split('/').length - left.route.path.split('/').length;
}

/** The bucket of routes that begin with a parameter. */
const anywhere = '*';

function bucketOf(method: string, path: string): string {
  return `${method} ${path.split('/', 2)[1]}`;
}

function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path.replace(/\./g, '\\.').replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return '(.+)';
  });
  return { route, pattern: new RegExp(`^${source}$`), names };
}
