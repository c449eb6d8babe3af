import { GantryError } from '../base/errors.ts';
import { isDigest, type Digest } from './digest.ts';

/**
 * A name of an image. Written short by people (`busybox`), canonical inside (`docker.io/library/busybox:latest`).
 * Grammar: https://pkg.go.dev/github.com/distribution/reference
 */
export interface Reference {
  /** Registry host with port: `docker.io`, `localhost:5000`. */
  domain: string;
  /** `library/busybox`. */
  path: string;
  tag?: string;
  digest?: Digest;
}

const defaultDomain = 'docker.io';
const officialPrefix = 'library/';
/** Of the path, without the host. */
export const maxNameLength = 255;

const domainLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainPattern = new RegExp(`^(?:${domainLabel}(?:\\.${domainLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^\w[\w.-]{0,127}$/;

function invalid(detail = ''): GantryError {
  return new GantryError('invalid', `invalid reference format${detail}`);
}

/** @throws invalid, with Docker's sentences */
export function parseReference(text: string): Reference {
  // A text as long as that is no name; it also bounds the work of the patterns.
  if (text.length > 1024) throw invalid();
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw new GantryError('invalid', `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { name, tag, digest } = splitParts(text);
  const { domain, path } = splitDomain(name);
  if (path.toLowerCase() !== path) throw invalid(`: repository name (${path}) must be lowercase`);
  if (!isRepositoryPath(path) || !domainPattern.test(domain)) throw invalid();
  if (path.length > maxNameLength) {
    throw new GantryError('invalid', `repository name must not be more than ${maxNameLength} characters`);
  }
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** Without the host: a relative path without `.` or `..`, hidden or empty segments, so it is safe as a folder. */
export function isRepositoryPath(text: string): boolean {
  return pathPattern.test(text);
}

export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

export function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

function splitParts(text: string): { name: string; tag?: string; digest?: Digest } {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw invalid();
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !isTag(tag)) throw invalid();
  return { name: hasTag ? named.slice(0, colon) : named, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** The first component is a host when it looks like one: a dot, a colon, `localhost`, or an upper-case letter. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  let domain = isHost ? first : defaultDomain;
  const path = isHost ? name.slice(slash + 1) : name;
  if (domain === 'index.docker.io') domain = defaultDomain;
  return { domain, path: domain === defaultDomain && !path.includes('/') ? officialPrefix + path : path };
}

export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** `docker.io/library/busybox`. */
export function repositoryOf(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/busybox:latest@sha256:…`, as records hold it. */
export function canonicalName(reference: Reference): string {
  return repositoryOf(reference) + suffixOf(reference);
}

/** `busybox`, as people see it. */
export function familiarRepository(reference: Reference): string {
  if (reference.domain !== defaultDomain) return repositoryOf(reference);
  const official = reference.path.startsWith(officialPrefix) && !reference.path.slice(officialPrefix.length).includes('/');
  return official ? reference.path.slice(officialPrefix.length) : reference.path;
}

/** `busybox:latest`. */
export function familiarName(reference: Reference): string {
  return familiarRepository(reference) + suffixOf(reference);
}

function suffixOf({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}
