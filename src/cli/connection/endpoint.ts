import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAddress } from '../../api/client/address.ts';
import type { TlsOptions } from '../../api/client/dial.ts';
import type { TransportOptions } from '../../api/client/transport.ts';
import { GantryError, messageOf } from '../../base/errors.ts';
import { cannotOpen } from '../streams/cannot-open.ts';
import type { GlobalFlags } from '../context.ts';
import { configDirectory, type ClientConfig } from './config-file.ts';
import { contextEndpoint } from './context-store.ts';

export const defaultHost = 'unix:///run/gantry/gantry.sock';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which engine to talk to: -H, -c, GANTRY_HOST, DOCKER_HOST, DOCKER_CONTEXT, the current context, else the default socket. */
export function chooseHost(globals: GlobalFlags, env: Environment, config: ClientConfig): { host: string; chosen: boolean; tls?: TlsOptions } {
  if (globals.hosts.length > 1) throw new GantryError('invalid', 'Specify only one -H');
  const named = globals.hosts[0] ?? (globals.context === '' ? env['GANTRY_HOST'] || env['DOCKER_HOST'] : undefined);
  if (named !== undefined && named !== '') return { host: named, chosen: true };
  const context = globals.context || env['DOCKER_CONTEXT'] || config.currentContext || 'default';
  if (context === 'default') return { host: defaultHost, chosen: false };
  const { host, skipVerify, tls } = contextEndpoint(configDirectory(env, globals.config), context);
  if (!skipVerify && Object.keys(tls).length === 0) return { host, chosen: true };
  const { 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key } = tls;
  return { host, chosen: true, tls: { verify: !skipVerify, ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) } };
}

export function transportOptions(globals: GlobalFlags, env: Environment, config: ClientConfig): TransportOptions & { chosen: boolean } {
  const { host, chosen, tls = tlsOptions(globals, env) } = chooseHost(globals, env, config);
  const address = parseAddress(host);
  const version = env['DOCKER_API_VERSION'];
  return {
    address, shownAddress: host, chosen,
    ...(version === undefined || version === '' ? {} : { apiVersion: version }),
    ...(tls === undefined ? {} : { tls }),
    headers: { ...config.HttpHeaders, ...customHeaders(env['DOCKER_CUSTOM_HEADERS']) },
  };
}

function tlsOptions(globals: GlobalFlags, env: Environment): TlsOptions | undefined {
  const verify = globals.tlsverify || (env['DOCKER_TLS_VERIFY'] ?? '') !== '';
  if (!globals.tls && !verify) return undefined;
  const directory = env['DOCKER_CERT_PATH'] || configDirectory(env, globals.config);
  return { verify, ...pem('ca', globals.tlscacert, join(directory, 'ca.pem')), ...pem('cert', globals.tlscert, join(directory, 'cert.pem')), ...pem('key', globals.tlskey, join(directory, 'key.pem')) };
}

/** A file that was named must be readable, and so must the authority's; a client's certificate and key may be absent where they are looked for by default. */
function pem(name: 'ca' | 'cert' | 'key', named: string, fallback: string): Partial<Record<'ca' | 'cert' | 'key', string>> {
  const path = named === '' ? fallback : named;
  try {
    return { [name]: readFileSync(path, 'utf8') };
  } catch (error) {
    if (named === '' && name !== 'ca') return {};
    throw new GantryError('invalid', messageOf(cannotOpen(path, error)), { cause: error });
  }
}

function customHeaders(text: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of (text ?? '').split(',')) {
    const equals = pair.indexOf('=');
    if (equals > 0) headers[pair.slice(0, equals).trim()] = pair.slice(equals + 1);
  }
  return headers;
}
