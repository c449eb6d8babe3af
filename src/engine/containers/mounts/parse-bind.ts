import { posix } from 'node:path';
import { GantryError, messageOf } from '../../../base/errors.ts';
import type { PlannedMount } from './planned-mount.ts';

const classes: Record<string, readonly string[]> = {
  access: ['rw', 'ro'],
  label: ['z', 'Z'],
  propagation: ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'],
  copy: ['nocopy'],
  consistency: ['consistent', 'cached', 'delegated'],
};

/** The options after the second colon of `-v`, each class at most once. Undefined when they are not options. */
export function parseMode(mode: string): { readOnly: boolean; propagation: string | undefined; copyUp: boolean } | undefined {
  const words = mode === '' ? [] : mode.split(',');
  const seen = new Map<string, string>();
  for (const word of words) {
    const found = Object.entries(classes).find(([, members]) => members.includes(word));
    if (found === undefined || seen.has(found[0])) return undefined;
    seen.set(found[0], word);
  }
  return { readOnly: seen.get('access') === 'ro', propagation: seen.get('propagation'), copyUp: !seen.has('copy') };
}

/** One `-v`: `/host:/path[:mode]`, `name:/path[:mode]` or `/path`. @throws invalid with Docker's sentences. */
export function parseBind(raw: string, volumeDriver: string | undefined): PlannedMount {
  const parts = raw.split(':');
  const invalid = (): GantryError => new GantryError('invalid', `invalid volume specification: '${raw}'`);
  if (parts[0] === '' || parts.length > 3) throw invalid();
  if (parts.length === 2 && parseMode(parts[1] as string) !== undefined) throw invalid();
  const [source, target] = parts.length === 1 ? ['', parts[0] as string] : [parts[0] as string, parts[1] as string];
  const mode = parts[2] ?? '';
  const options = parseMode(mode);
  if (options === undefined) throw new GantryError('invalid', `invalid mode: ${mode}`);
  const isBind = source.startsWith('/');
  let destination: string;
  try {
    destination = checkTarget(target);
    if (isBind && !options.copyUp) throw new GantryError('invalid', 'field VolumeOptions must not be specified');
    if (!isBind && options.propagation !== undefined) throw new GantryError('invalid', 'field BindOptions must not be specified');
  } catch (cause) {
    throw new GantryError('invalid', `invalid volume specification: '${raw}': invalid mount config for type "${isBind ? 'bind' : 'volume'}": ${messageOf(cause)}`, { cause });
  }
  if (isBind) {
    return {
      type: 'bind', source: cleanPath(source), destination, mode, readOnly: options.readOnly,
      propagation: options.propagation ?? 'rprivate', recursive: true, recursiveReadOnly: options.readOnly, createSource: true,
    };
  }
  return {
    type: 'volume', destination, mode: mode === '' && source !== '' ? 'z' : mode, readOnly: options.readOnly, copyUp: options.copyUp,
    ...(source === '' ? {} : { name: source }),
    ...(volumeDriver ? { driver: volumeDriver } : {}),
  };
}

/** Cleans a mount target. @throws invalid when it is missing, relative or the root itself. */
export function checkTarget(target: string): string {
  if (target === '') throw new GantryError('invalid', 'field Target must not be empty');
  const clean = cleanPath(target);
  if (clean === '/') throw new GantryError('invalid', "invalid specification: destination can't be '/'");
  if (!clean.startsWith('/')) throw new GantryError('invalid', `invalid mount path: '${target}' mount path must be absolute`);
  return clean;
}

/** Without doubled slashes, dots, and a slash at its end: with that a file would have to be a directory. */
export function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(.)\/$/, '$1');
}
