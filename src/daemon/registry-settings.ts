import { GantryError } from '../base/errors.ts';
import { readSignaturePolicy, type SignaturePolicy } from '../engine/images/signatures/policy.ts';
import { isRecord, isText, isTexts } from './value-kinds.ts';

/** The part of the daemon's settings that is about registries. Keys are Docker's, but for `certs-dir` and `signature-policy`. */
export interface RegistryConfig {
  /** Base URLs asked before the registry itself, by registry host. */
  mirrors: Record<string, string[]>;
  insecureRegistries: string[];
  certificateFolders: string[];
  proxyEnvironment: Record<string, string | undefined>;
  maxDownloads: number;
  maxUploads: number;
  attempts: number;
  signatures: SignaturePolicy;
}

type Settings = Record<string, unknown>;

/** As options of `parseArgs`. */
export const registryFlags = {
  'registry-mirror': { type: 'string', multiple: true }, 'insecure-registry': { type: 'string', multiple: true },
  'max-concurrent-downloads': { type: 'string' }, 'max-concurrent-uploads': { type: 'string' }, 'max-download-attempts': { type: 'string' },
  'http-proxy': { type: 'string' }, 'https-proxy': { type: 'string' }, 'no-proxy': { type: 'string' }, 'certs-dir': { type: 'string' },
} as const;

export const registryUsage = `  --registry-mirror URL       asked before Docker Hub; may be given again
  --insecure-registry HOST    host, host:port or CIDR that may do without TLS; may be given again
  --max-concurrent-downloads N, --max-concurrent-uploads N, --max-download-attempts N
  --http-proxy URL, --https-proxy URL, --no-proxy LIST
  --certs-dir PATH            folder like /etc/docker/certs.d, looked at first
`;

/** Keys of the configuration file, each with the check of its value. */
export const registryKeys: Record<string, (value: unknown) => boolean> = {
  'registry-mirrors': (value) => isTexts(value) || (isRecord(value) && Object.values(value as Settings).every(isTexts)), 'insecure-registries': isTexts,
  'max-concurrent-downloads': Number.isInteger, 'max-concurrent-uploads': Number.isInteger, 'max-download-attempts': Number.isInteger,
  proxies: isRecord, 'certs-dir': isText, 'signature-policy': isRecord,
};

/** Flags under the names of the file's keys. */
export function foldRegistryFlags(flags: Settings): Settings {
  const { 'registry-mirror': mirrors, 'insecure-registry': insecure, 'http-proxy': http, 'https-proxy': https, 'no-proxy': none, ...rest } = flags;
  const proxies = Object.fromEntries(Object.entries({ 'http-proxy': http, 'https-proxy': https, 'no-proxy': none }).filter(([, value]) => value !== undefined));
  return {
    ...rest,
    ...(mirrors === undefined ? {} : { 'registry-mirrors': mirrors }),
    ...(insecure === undefined ? {} : { 'insecure-registries': insecure }),
    ...(Object.keys(proxies).length === 0 ? {} : { proxies }),
  };
}

/** @throws invalid, naming the setting */
export function registryConfigOf(settings: Settings, environment: Record<string, string | undefined>): RegistryConfig {
  const certsDir = settings['certs-dir'] as string | undefined;
  return {
    mirrors: mirrorsOf(settings['registry-mirrors'] as string[] | Record<string, string[]> | undefined),
    insecureRegistries: ((settings['insecure-registries'] as string[] | undefined) ?? []).map(checkedHost),
    certificateFolders: [...(certsDir === undefined ? [] : [certsDir]), '/etc/gantry/certs.d', '/etc/docker/certs.d'],
    proxyEnvironment: proxiesOf(settings['proxies'] as Settings | undefined, environment),
    maxDownloads: positive(settings, 'max-concurrent-downloads', 3),
    maxUploads: positive(settings, 'max-concurrent-uploads', 5),
    attempts: positive(settings, 'max-download-attempts', 5),
    signatures: readSignaturePolicy((settings['signature-policy'] as Settings | undefined) ?? {}),
  };
}

/** A list is for Docker Hub, as Docker has it; an object names the registries. */
function mirrorsOf(value: string[] | Record<string, string[]> | undefined): Record<string, string[]> {
  const byRegistry = Array.isArray(value) ? { 'docker.io': value } : value ?? {};
  for (const url of Object.values(byRegistry).flat()) {
    const isUsable = URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
    if (!isUsable) throw new GantryError('invalid', `invalid mirror: ${JSON.stringify(url)} is not a URL that begins with http:// or https://`);
    const { username, search, hash } = new URL(url);
    if (username !== '' || search !== '' || hash !== '') throw new GantryError('invalid', `invalid mirror: ${url}: a user, a query or a fragment is not possible`);
  }
  return byRegistry;
}

function checkedHost(host: string): string {
  if (!/^[\w.:[\]/-]+$/.test(host) || host.includes('://')) throw new GantryError('invalid', `insecure registry ${host} is not valid: expected host, host:port or a CIDR`);
  return host;
}

function proxiesOf(value: Settings | undefined, environment: Record<string, string | undefined>): Record<string, string | undefined> {
  const names: Record<string, string> = { 'http-proxy': 'HTTP_PROXY', 'https-proxy': 'HTTPS_PROXY', 'no-proxy': 'NO_PROXY' };
  const given = Object.entries(value ?? {}).map(([key, text]) => {
    const name = Object.hasOwn(names, key) ? names[key] : undefined;
    if (name === undefined || typeof text !== 'string') throw new GantryError('invalid', `proxies: ${key} is not one of ${Object.keys(names).join(', ')} with a text`);
    return [name, text] as const;
  });
  return { ...environment, ...Object.fromEntries(given) };
}

function positive(settings: Settings, key: string, fallback: number): number {
  const value = settings[key] === undefined ? fallback : Number(settings[key]);
  if (!Number.isInteger(value) || value < 0) throw new GantryError('invalid', `invalid ${key.replaceAll('-', ' ')}: ${String(settings[key])}`);
  return value === 0 ? fallback : value; // Docker's way to say the default
}
