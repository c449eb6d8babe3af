import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, GantryError, messageOf } from '../../base/errors.ts';

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

/** An absent file is an empty configuration; a broken one is an error that names the file. */
export function readConfig(directory: string): ClientConfig {
  const path = join(directory, 'config.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ClientConfig;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return {};
    throw new GantryError('invalid', `Error loading config file: ${path}: ${messageOf(error)}`, { cause: error, hint: 'Correct the file or name another directory with --config.' });
  }
}
