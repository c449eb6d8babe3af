import { GantryError } from '../../base/errors.ts';
import type { LogLevel } from '../../base/log.ts';
import type { ServeOptions } from '../../registry/server/serve.ts';

export const serveFlags = {
  addr: { type: 'string', default: '127.0.0.1:5000' },
  root: { type: 'string', default: '/var/lib/gantry-registry' },
  htpasswd: { type: 'string' },
  rules: { type: 'string' },
  'anonymous-pull': { type: 'boolean', default: false },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'read-only': { type: 'boolean', default: false },
  proxy: { type: 'string' },
  'proxy-username': { type: 'string' },
  'proxy-insecure': { type: 'boolean', default: false },
  'proxy-ttl': { type: 'string', default: '1m' },
  'gc-interval': { type: 'string', default: '24h' },
  'gc-untagged': { type: 'boolean', default: false },
  'log-format': { type: 'string', default: 'text' },
  'log-level': { type: 'string', default: 'info' },
} as const;

export type ServeFlags = { [K in keyof typeof serveFlags]?: (typeof serveFlags)[K]['type'] extends 'boolean' ? boolean : string };

export type ServeSettings = Omit<ServeOptions, 'log'> & { logFormat: 'text' | 'json'; logLevel: LogLevel };

/** @throws invalid, naming the flag */
export function readServeOptions(flags: ServeFlags, proxyPassword: string | undefined): ServeSettings {
  const certificate = flags['tls-cert'];
  const key = flags['tls-key'];
  if ((certificate === undefined) !== (key === undefined)) throw new GantryError('invalid', '--tls-cert and --tls-key go together');
  if (flags.proxy === undefined && (flags['proxy-username'] !== undefined || flags['proxy-insecure'] === true)) {
    throw new GantryError('invalid', '--proxy-username and --proxy-insecure need --proxy');
  }
  return {
    address: readAddress(flags.addr ?? ''),
    root: flags.root ?? '',
    htpasswd: flags.htpasswd,
    rules: flags.rules,
    anonymousPull: flags['anonymous-pull'] ?? false,
    tls: certificate === undefined ? undefined : { cert: certificate, key: key! },
    readOnly: flags['read-only'] ?? false,
    upstream: flags.proxy === undefined ? undefined : readUpstream(flags, proxyPassword),
    collectEveryMs: readDuration('--gc-interval', flags['gc-interval'] ?? ''),
    removeUntagged: flags['gc-untagged'] ?? false,
    logFormat: oneOf('--log-format', flags['log-format'] ?? '', ['text', 'json']),
    logLevel: oneOf('--log-level', flags['log-level'] ?? '', ['debug', 'info', 'warn', 'error']),
  };
}

function readUpstream(flags: ServeFlags, password: string | undefined): ServeOptions['upstream'] {
  const registry = flags.proxy!.replace(/^https:\/\//, '').replace(/\/+$/, '');
  if (!/^[\w.-]+(?::\d+)?$|^\[[0-9a-fA-F:]+\](?::\d+)?$/.test(registry)) throw new GantryError('invalid', `--proxy ${flags.proxy} is not the name of a registry`);
  const username = flags['proxy-username'];
  if (username !== undefined && password === undefined) throw new GantryError('invalid', '--proxy-username needs the password in GANTRY_PROXY_PASSWORD');
  return {
    registry,
    insecure: flags['proxy-insecure'] ?? false,
    tagLifetimeMs: readDuration('--proxy-ttl', flags['proxy-ttl'] ?? ''),
    ...(username === undefined ? {} : { credentials: { username, password } }),
  };
}

/** `host:port`, `:port` for all addresses, `[::1]:port`. */
export function readAddress(text: string): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65_535) throw new GantryError('invalid', `--addr ${text} is not host:port`);
  return { host: match[1]!.replace(/^\[|\]$/g, '') || '::', port: Number(match[2]) };
}

const unitsMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `1h30m`, `0`; in ms. */
export function readDuration(flag: string, text: string): number {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:ms|s|m|h))+$/.test(text)) throw new GantryError('invalid', `${flag} ${text} is not a duration like 90s or 1h30m`);
  const total = [...text.matchAll(/(\d+)(ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * unitsMs[unit!]!, 0);
  // Timers of Node hold no more than 2^31 ms.
  if (total > 2 ** 31 - 1) throw new GantryError('invalid', `${flag} ${text} is longer than 24 days`);
  return total;
}

function oneOf<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new GantryError('invalid', `${flag} ${text} is not one of ${choices.join(', ')}`);
  return found;
}
