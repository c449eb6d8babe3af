import { GantryError, messageOf } from '../../base/errors.ts';
import { readServeOptions, serveFlags, type ServeFlags, type ServeSettings } from './flags.ts';

/** How the daemon serves the registry within it: as `gantry registry serve`, but for its folder and its log, which are the daemon's. */
export type EmbeddedRegistrySettings = Omit<ServeSettings, 'root' | 'logFormat' | 'logLevel'>;

const own = ['root', 'log-format', 'log-level'];

/**
 * The daemon's setting `registry`: an address, or an object whose keys are the flags of `gantry registry serve`:
 * `{ "addr": "0.0.0.0:5000", "htpasswd": "/etc/gantry/users", "anonymous-pull": true }`. @throws invalid, naming the key
 */
export function embeddedRegistryOf(value: unknown, proxyPassword: string | undefined): EmbeddedRegistrySettings | undefined {
  if (value === undefined) return undefined;
  const section = (typeof value === 'string' ? { addr: value } : value) as Record<string, unknown>;
  const defaults = Object.fromEntries(Object.entries(serveFlags).flatMap(([key, flag]) => ('default' in flag ? [[key, flag.default]] : [])));
  for (const [key, given] of Object.entries(section)) {
    const flag = Object.hasOwn(serveFlags, key) && !own.includes(key) ? serveFlags[key as keyof typeof serveFlags] : undefined;
    if (flag === undefined) throw new GantryError('invalid', `registry: ${key} is not one of its settings`);
    if (typeof given !== flag.type) throw new GantryError('invalid', `registry: ${key} cannot be ${JSON.stringify(given)}`);
  }
  try {
    const { root: _root, logFormat: _format, logLevel: _level, ...settings } = readServeOptions({ ...defaults, ...section } as ServeFlags, proxyPassword);
    return settings;
  } catch (error) {
    throw new GantryError('invalid', `registry: ${messageOf(error).replaceAll('--', '')}`, { cause: error });
  }
}
