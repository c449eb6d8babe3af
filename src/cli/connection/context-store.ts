import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, GantryError } from '../../base/errors.ts';

/** A named address of an engine, as docker's contexts are kept: `contexts/meta/<sha256 of the name>/meta.json` in the configuration directory. */
export interface StoredContext {
  Name: string;
  Metadata: { Description?: string };
  Endpoints: { docker?: DockerEndpoint };
}

export interface DockerEndpoint { Host?: string; SkipTLSVerify?: boolean }

/** PEM texts, by the names their files have below `contexts/tls/<id>/docker`. */
export type TlsFiles = Partial<Record<'ca.pem' | 'cert.pem' | 'key.pem', string>>;

/** @throws notFound, invalid */
export function contextEndpoint(directory: string, name: string): { host: string; skipVerify: boolean; tls: TlsFiles } {
  const { Host: host, SkipTLSVerify: skipVerify = false } = readContext(directory, name).Endpoints.docker ?? {};
  if (typeof host === 'string' && host !== '') return { host, skipVerify, tls: readTls(directory, name) };
  throw new GantryError('invalid', `context "${name}" has no docker endpoint`);
}

/** @throws notFound */
export function readContext(directory: string, name: string): StoredContext {
  try {
    const { Name, Metadata, Endpoints } = JSON.parse(readFileSync(metaPath(directory, name), 'utf8')) as Partial<StoredContext>;
    return { Name: Name ?? name, Metadata: Metadata ?? {}, Endpoints: Endpoints ?? {} };
  } catch (error) {
    throw new GantryError('notFound', `context "${name}": context not found: open ${metaPath(directory, name)}: no such file or directory`, { cause: error, hint: 'Choose another with --context, or the default with --context default.' });
  }
}

/** All of them, by name. */
export function listContexts(directory: string): StoredContext[] {
  const folder = join(directory, 'contexts/meta');
  const ids = withoutAbsence(() => readdirSync(folder)) ?? [];
  return ids.flatMap((id): StoredContext[] => {
    const text = withoutAbsence(() => readFileSync(join(folder, id, 'meta.json'), 'utf8'));
    return text === undefined ? [] : [JSON.parse(text) as StoredContext];
  }).sort((left, right) => (left.Name < right.Name ? -1 : 1));
}

/** The certificates kept with one; none where it has none. */
export function readTls(directory: string, name: string): TlsFiles {
  const folder = tlsPath(directory, name);
  const found = (['ca.pem', 'cert.pem', 'key.pem'] as const).flatMap((file) => {
    const text = withoutAbsence(() => readFileSync(join(folder, 'docker', file), 'utf8'));
    return text === undefined ? [] : [[file, text] as const];
  });
  return Object.fromEntries(found);
}

/** Makes or replaces one, whole; its certificates first, so that it is never there without them. Keys are for their owner alone. */
export function writeContext(directory: string, context: StoredContext, tls: TlsFiles): void {
  const path = metaPath(directory, context.Name);
  const keys = tlsPath(directory, context.Name);
  rmSync(keys, { recursive: true, force: true });
  for (const [file, text] of Object.entries(tls)) {
    mkdirSync(join(keys, 'docker'), { recursive: true, mode: 0o700 });
    writeFileSync(join(keys, 'docker', file), text, { mode: 0o600 });
  }
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o755 });
  writeFileSync(`${path}.new`, JSON.stringify(context));
  chmodSync(`${path}.new`, 0o644); // whatever the umask, as docker's
  renameSync(`${path}.new`, path);
}

export function removeContext(directory: string, name: string): void {
  for (const kind of ['meta', 'tls']) rmSync(join(directory, 'contexts', kind, idOf(name)), { recursive: true, force: true });
}

export function metaPath(directory: string, name: string): string {
  return join(directory, 'contexts/meta', idOf(name), 'meta.json');
}

export function tlsPath(directory: string, name: string): string {
  return join(directory, 'contexts/tls', idOf(name));
}

function idOf(name: string): string {
  // Loaded here: it takes longer than the rest of a short command, and few have a context.
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(name).digest('hex');
}

function withoutAbsence<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
