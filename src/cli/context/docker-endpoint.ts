import { readFileSync } from 'node:fs';
import { parseAddress } from '../../api/client/address.ts';
import { GantryError, messageOf } from '../../base/errors.ts';
import { parseBoolean } from '../../base/parse-boolean.ts';
import { readTls, type DockerEndpoint, type TlsFiles } from '../connection/context-store.ts';
import type { Context } from '../context.ts';
import { list } from '../grammar/flag.ts';
import { cannotOpen } from '../streams/cannot-open.ts';
import { contextDirectory, lookUp } from './current.ts';

/** An endpoint and the certificates that belong to it. */
export interface EndpointSettings { endpoint: DockerEndpoint; tls: TlsFiles }

export const dockerFlag = list('set the docker endpoint', { type: 'stringToString', check: pair });

function pair(value: string): string {
  if (!value.includes('=')) throw new Error(`${value} must be formatted as key=value`);
  return value;
}

const files = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;

/** Reads `--docker host=…,ca=…,cert=…,key=…,skip-tls-verify=…` or `from=CONTEXT`. Throws GantryError. */
export function endpointSettings(context: Context, settings: readonly string[]): EndpointSettings {
  try {
    return settingsOf(context, settings);
  } catch (error) {
    throw new GantryError('invalid', `unable to create docker endpoint config: ${messageOf(error)}`, { cause: error });
  }
}

function settingsOf(context: Context, settings: readonly string[]): EndpointSettings {
  const given = new Map(settings.flatMap((setting) => setting.split(',')).map((text) => [text.slice(0, Math.max(0, text.indexOf('='))), text.slice(text.indexOf('=') + 1)]));
  const odd = [...given.keys()].find((key) => !['host', 'from', 'skip-tls-verify', ...Object.keys(files)].includes(key));
  if (odd !== undefined) throw new GantryError('invalid', `unrecognized config key: ${odd}`);
  const from = given.get('from');
  if (from !== undefined) return endpointOf(context, from);
  const host = given.get('host') ?? '';
  if (host !== '') checkHost(host);
  const skip = given.get('skip-tls-verify') ?? 'false';
  const skipVerify = parseBoolean(skip);
  if (skipVerify === undefined) throw new GantryError('invalid', `skip-tls-verify: parsing ${JSON.stringify(skip)}: invalid syntax`);
  const tls: TlsFiles = {};
  for (const [key, name] of Object.entries(files)) {
    const path = given.get(key);
    if (path !== undefined && path !== '') tls[name] = contents(path);
  }
  if (tls['ca.pem'] !== undefined && !tls['ca.pem'].includes('-----BEGIN CERTIFICATE-----')) throw new GantryError('invalid', 'invalid docker endpoint options: failed to retrieve context tls info: ca.pem seems invalid');
  return { endpoint: { ...(host === '' ? {} : { Host: host }), SkipTLSVerify: skipVerify }, tls };
}

/** Short forms are for -H. */
function checkHost(host: string): void {
  if (!host.includes('://')) throw new GantryError('invalid', `unable to apply docker endpoint options: unable to parse docker host \`${host}\``);
  parseAddress(host);
}

/** The endpoint of another context, with its certificates. */
export function endpointOf(context: Context, name: string): EndpointSettings {
  const { Endpoints: { docker = {} } } = lookUp(context, name);
  return { endpoint: { ...docker, SkipTLSVerify: docker.SkipTLSVerify ?? false }, tls: name === 'default' ? {} : readTls(contextDirectory(context), name) };
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw cannotOpen(path, error);
  }
}
