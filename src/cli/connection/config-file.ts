import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, messageOf } from '../../base/errors.ts';

/** The keys of docker's config.json that are honoured. https://docs.docker.com/reference/cli/docker/#configuration-files */
export interface ClientConfig {
  auths?: Record<string, { auth?: string; identitytoken?: string; registrytoken?: string }>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
  HttpHeaders?: Record<string, string>;
  psFormat?: string;
  imagesFormat?: string;
  networksFormat?: string;
  volumesFormat?: string;
  statsFormat?: string;
  detachKeys?: string;
  proxies?: Record<string, Partial<Record<'httpProxy' | 'httpsProxy' | 'noProxy' | 'ftpProxy' | 'allProxy', string>>>;
  pruneFilters?: string[];
  currentContext?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `node:os` is loaded where HOME is not set alone: it takes longer than reading the file. */
export function configDirectory(env: Environment, flag: string): string {
  return flag !== '' ? flag : env['DOCKER_CONFIG'] || join(env['HOME'] ?? process.getBuiltinModule('node:os').homedir(), '.docker');
}

/** An absent or empty file is an empty configuration. One that cannot be read is told of, and counts as empty: no command fails for it. */
export function readConfig(directory: string, warn: (line: string) => void): ClientConfig {
  const path = join(directory, 'config.json');
  try {
    const text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
    return text.trim() === '' ? {} : checked(JSON.parse(text) as unknown);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') warn(code === undefined ? `WARNING: Error parsing config file (${path}): ${messageOf(error)}` : `WARNING: Error loading config file: ${messageOf(error)}`);
    return {};
  }
}

const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string', map: (value) => typeof value === 'object' && !Array.isArray(value), list: Array.isArray,
};
const wanted: Readonly<Record<keyof ClientConfig, keyof typeof kinds>> = {
  auths: 'map', credsStore: 'text', credHelpers: 'map', HttpHeaders: 'map', psFormat: 'text', imagesFormat: 'text', networksFormat: 'text', volumesFormat: 'text', statsFormat: 'text', detachKeys: 'text',
  proxies: 'map', pruneFilters: 'list', currentContext: 'text',
};

function checked(config: unknown): ClientConfig {
  if (config === null) return {};
  if (!kinds['map']!(config)) throw new Error('it is not an object');
  for (const [key, kind] of Object.entries(wanted)) {
    const value = (config as Record<string, unknown>)[key];
    if (value !== undefined && value !== null && !kinds[kind]!(value)) throw new Error(`${key} is not a ${kind}`);
  }
  return config as ClientConfig;
}
