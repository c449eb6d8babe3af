import { accessSync, constants, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { GantryError, messageOf } from '../../base/errors.ts';
import { lingerAtEnd } from '../../base/linger.ts';
import type { Log } from '../../base/log.ts';
import { createRegistryClient } from '../client/client.ts';
import type { Credentials } from '../client/credentials.ts';
import { defaultRules, type Access, type AccessRule } from './access.ts';
import { followCertificate, readCertificate } from './certificate.ts';
import { createHtpasswd } from './htpasswd.ts';
import { readRules } from './rules.ts';
import { createRegistryServer, type RegistryServer } from './server.ts';
import { createFilesystemStorage } from './storage/filesystem.ts';
import type { RegistryStorage } from './storage/storage.ts';

/** What `gantry registry serve` was asked for. */
export interface ServeOptions {
  address: { host: string; port: number };
  /** Folder of everything it keeps; not used when `storage` is given. */
  root: string;
  storage?: RegistryStorage;
  /** Goes with `storage`: removes what is linked nowhere, after a collection of links. The registry itself then removes no blob. */
  collectBlobs?: () => Promise<unknown>;
  htpasswd?: string;
  /** JSON: `[{ "user": "ci", "repository": "team/**", "actions": ["pull", "push"] }]`. */
  rules?: string;
  anonymousPull: boolean;
  tls?: { cert: string; key: string };
  readOnly: boolean;
  /** Registry this one is a cache of, as in references. */
  upstream?: { registry: string; credentials?: Credentials; insecure: boolean; tagLifetimeMs: number };
  /** Pause between collections, ms; 0 for none. */
  collectEveryMs: number;
  removeUntagged: boolean;
  patience?: Partial<Patience>;
  log: Log;
}

/** All in ms. */
export interface Patience {
  /** How long a client may take for a request's header. */
  headerMs: number;
  /** How long it may be silent in its body. */
  silenceMs: number;
  /** How often the certificate's files are looked at. It is renewed some weeks before its end, so there is no hurry. */
  certificateMs: number;
}

const defaultPatience: Patience = { headerMs: 30_000, silenceMs: 300_000, certificateMs: 5000 };

export interface RunningRegistry {
  port: number;
  server: RegistryServer;
  /** Ends idle connections at once, the others after their request. */
  close(graceMs?: number): Promise<void>;
}

const graceMs = 3_600_000;
/** What a running request may still take when the registry is told to end. */
const lastRequestsMs = 10_000;

/** Builds and starts a registry. @throws invalid for files that cannot be used, and what listen(2) says */
export async function serveRegistry(options: ServeOptions): Promise<RunningRegistry> {
  const access = await readAccess(options);
  const client = options.upstream === undefined ? undefined : createRegistryClient({
    credentials: async () => options.upstream?.credentials,
    insecureRegistries: options.upstream.insecure ? [options.upstream.registry] : [],
    certificateFolders: ['/etc/gantry/certs.d', '/etc/docker/certs.d'],
    proxyEnvironment: process.env,
    log: options.log,
  });
  const server = createRegistryServer({
    storage: options.storage ?? storageIn(options),
    access,
    readOnly: options.readOnly,
    upstream: client === undefined ? undefined : { client, registry: options.upstream!.registry, tagLifetimeMs: options.upstream!.tagLifetimeMs },
    log: options.log,
  });
  const { listener, certificate } = await createListener(options, server.handler);
  const timer = options.collectEveryMs > 0 ? setInterval(() => void collect(server, options), options.collectEveryMs).unref() : undefined;
  return {
    port: await listen(listener, options.address),
    server,
    async close(graceMs = lastRequestsMs) {
      clearInterval(timer);
      certificate?.[Symbol.dispose]();
      await closeListener(listener, graceMs);
      client?.close();
    },
  };
}

/** What cannot be written to is refused now, and not at the first push. */
function storageIn({ root, readOnly }: ServeOptions): RegistryStorage {
  if (readOnly) return createFilesystemStorage(root);
  try {
    mkdirSync(root, { recursive: true });
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    return createFilesystemStorage(root);
  } catch (cause) {
    throw new GantryError('invalid', `the registry cannot use ${root}: ${messageOf(cause)}`, { cause, hint: 'Name another folder with --root, or run it as a user who may.' });
  }
}

async function readAccess(options: ServeOptions): Promise<Access | undefined> {
  if (options.htpasswd === undefined) {
    if (options.rules !== undefined || options.anonymousPull) {
      throw new GantryError('invalid', 'rules and anonymous pull need users', { hint: 'Give --htpasswd, or leave them out: without users everybody may do everything.' });
    }
    return undefined;
  }
  const written: AccessRule[] = options.rules === undefined ? defaultRules(options) : readRules(await readFile(options.rules, 'utf8'));
  const rules = options.rules !== undefined && options.anonymousPull ? [...written, ...defaultRules(options).slice(1)] : written;
  return { verify: await createHtpasswd(options.htpasswd), rules };
}

async function createListener(options: ServeOptions, handler: RegistryServer['handler']): Promise<{ listener: Server; certificate?: Disposable }> {
  // Uploads may take hours, so only silence ends them.
  const { headerMs, silenceMs, certificateMs } = { ...defaultPatience, ...options.patience };
  const settings = { requestTimeout: 0, headersTimeout: headerMs, connectionsCheckingInterval: headerMs, keepAliveTimeout: 65_000 };
  if (options.tls === undefined) {
    const listener = createHttpServer(settings, handler).on('connection', lingerAtEnd);
    listener.setTimeout(silenceMs);
    return { listener };
  }
  const { pair, mark } = await readCertificate(options.tls);
  const listener = createHttpsServer({ ...settings, ...pair }, handler).on('secureConnection', lingerAtEnd);
  listener.setTimeout(silenceMs);
  return { listener, certificate: followCertificate(listener, options.tls, { mark, log: options.log, lookEveryMs: certificateMs }) };
}

function listen(listener: Server, address: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(address.port, address.host, () => {
      listener.off('error', reject);
      resolve((listener.address() as AddressInfo).port);
    });
  });
}

/** A connection is idle only some moments after its answer, so idle ones are looked for until none is left, or time is up. */
async function closeListener(listener: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
  const idle = setInterval(() => listener.closeIdleConnections(), 50);
  const end = setTimeout(() => listener.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(end);
}

async function collect(server: RegistryServer, options: ServeOptions): Promise<void> {
  try {
    const collected = await server.collectGarbage({ graceMs, removeUntagged: options.removeUntagged, removeBlobs: options.collectBlobs === undefined });
    await options.collectBlobs?.();
    options.log.info('garbage collected', { ...collected });
  } catch (error) {
    options.log.error('garbage collection failed', { error: messageOf(error) });
  }
}
