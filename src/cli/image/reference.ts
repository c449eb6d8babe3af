import { parseReference } from '../../oci/reference.ts';

/** @throws invalid, in docker's words, before the engine is asked for anything */
export function checkReference(text: string): void {
  parseReference(text);
}

/** `busybox` to `busybox:latest`; a tag or digest stays. */
export function withDefaultTag(text: string): string {
  return hasTagOrDigest(text) ? text : `${text}:latest`;
}

export function hasTagOrDigest(text: string): boolean {
  return text.includes('@') || (text.split('/').at(-1) ?? '').includes(':');
}

/** The name without its tag or digest, and what was cut off. */
export function splitReference(text: string): { name: string; tag: string } {
  const digest = text.indexOf('@');
  if (digest >= 0) return { name: text.slice(0, digest).replace(/:[^:/]+$/, ''), tag: text.slice(digest + 1) };
  const colon = text.lastIndexOf(':');
  return colon > text.lastIndexOf('/') ? { name: text.slice(0, colon), tag: text.slice(colon + 1) } : { name: text, tag: '' };
}

/** The registry that a name belongs to, as credentials are filed: `docker.io` stands under its old address. */
export function registryOf(name: string): string {
  const first = name.split('/')[0] ?? '';
  const isHost = name.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  return isHost && first !== 'docker.io' && first !== 'index.docker.io' ? first : 'https://index.docker.io/v1/';
}

/** The name with everything that may be left out: `docker.io/library/busybox`. */
export function canonicalName(name: string): string {
  if (!registryOf(name).startsWith('https://index.docker.io')) return name;
  const path = name.replace(/^(index\.)?docker\.io\//, '');
  return `docker.io/${path.includes('/') ? path : `library/${path}`}`;
}
