import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, GantryError } from '../../base/errors.ts';

/** A named address of an engine, as docker's contexts are kept: `contexts/meta/<sha256 of the name>/meta.json` in the configuration directory. */
export interface StoredContext {
  Name: string;
  Metadata: { Description?: string };
  Endpoints: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
}

/** @throws notFound, invalid */
export function contextEndpoint(directory: string, name: string): string {
  const host = readContext(directory, name).Endpoints.docker?.Host;
  if (typeof host === 'string' && host !== '') return host;
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

/** Makes or replaces one, whole. */
export function writeContext(directory: string, context: StoredContext): void {
  const path = metaPath(directory, context.Name);
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o755 });
  writeFileSync(`${path}.new`, JSON.stringify(context), { mode: 0o644 });
  renameSync(`${path}.new`, path);
}

export function removeContext(directory: string, name: string): void {
  for (const kind of ['meta', 'tls']) rmSync(join(directory, 'contexts', kind, idOf(name)), { recursive: true, force: true });
}

export function metaPath(directory: string, name: string): string {
  return join(directory, 'contexts/meta', idOf(name), 'meta.json');
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
