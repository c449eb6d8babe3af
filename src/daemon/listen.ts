import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, isIP, type Server } from 'node:net';
import { dirname } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { GantryError, errnoOf, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { DaemonConfig } from './config.ts';

export type Address = { kind: 'unix'; path: string } | { kind: 'tcp'; host: string; port: number };

export interface Listener { server: Server; kind: 'unix' | 'tcp' | 'tls'; address: Address; close(): Promise<void> }

/** `unix:///path`, `tcp://address:port`. @throws invalid */
export function parseAddress(text: string): Address {
  if (text.startsWith('unix://')) {
    const path = text.slice('unix://'.length);
    if (!path.startsWith('/')) throw new GantryError('invalid', `${text}: the socket's path must be absolute`);
    if (Buffer.byteLength(path) > 107) throw new GantryError('invalid', `${text}: the kernel takes at most 107 bytes for a socket's path`);
    return { kind: 'unix', path };
  }
  const match = /^tcp:\/\/(\[[0-9a-f:.]+\]|[^:/]*):(\d{1,5})\/?$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) throw new GantryError('invalid', `${text}: expected unix:///path or tcp://address:port`);
  return { kind: 'tcp', host: (match[1] as string).replace(/^\[|\]$/g, '') || '127.0.0.1', port };
}

/** Makes a listener of one address. Its connections belong to whoever serves it. */
export async function listen(address: Address, config: Pick<DaemonConfig, 'tls' | 'allowTcpWithoutTls' | 'group'>, log: Log): Promise<Listener> {
  return address.kind === 'unix' ? await listenUnix(address.path, config.group, log) : await listenTcp(address, config, log);
}

async function listenUnix(path: string, group: string, log: Log): Promise<Listener> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  await removeStale(path);
  const server = createServer({ allowHalfOpen: true });
  // Made with no rights at all, so that there is no moment in which everybody may connect.
  const before = process.umask(0o777);
  try {
    await listening(server, { path });
  } finally {
    process.umask(before);
  }
  const gid = groupId(group);
  chownSync(path, 0, gid ?? 0);
  chmodSync(path, 0o660);
  if (gid === undefined) log.debug('only root may use the socket', { path, missingGroup: group });
  return { server, kind: 'unix', address: { kind: 'unix', path }, close: () => closed(server) };
}

/** A socket nobody answers at is left from a daemon that was killed. @throws conflict when somebody does */
async function removeStale(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const answers = await new Promise<boolean>((resolve, reject) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', (error) => (errnoOf(error) === 'ECONNREFUSED' || errnoOf(error) === 'ENOENT' ? resolve(false) : reject(new GantryError('conflict', `${path} is in the way: ${messageOf(error)}`, { cause: error }))));
  });
  if (answers) throw new GantryError('conflict', `another daemon answers at ${path}`);
  rmSync(path, { force: true });
}

async function listenTcp(address: Extract<Address, { kind: 'tcp' }>, { tls, allowTcpWithoutTls }: Pick<DaemonConfig, 'tls' | 'allowTcpWithoutTls'>, log: Log): Promise<Listener> {
  if (tls === undefined && !allowTcpWithoutTls) {
    throw new GantryError('invalid', `refusing to serve the API on tcp://${address.host}:${address.port} without TLS: whoever reaches it is root on this host`, {
      hint: 'Give --tlsverify with --tlscacert, --tlscert and --tlskey, or say --allow-tcp-without-tls.',
    });
  }
  const server = tls === undefined ? createServer({ allowHalfOpen: true }) : createTlsServer({
    cert: readFileSync(tls.cert), key: readFileSync(tls.key), requestCert: tls.verify, rejectUnauthorized: tls.verify, minVersion: 'TLSv1.2',
    ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca) }),
  });
  await listening(server, { host: address.host, port: address.port, ipv6Only: isIP(address.host) === 6 });
  if (tls === undefined) log.warn('the API is served on tcp without TLS: whoever reaches it is root on this host', { address: `${address.host}:${address.port}` });
  return { server, kind: tls === undefined ? 'tcp' : 'tls', address, close: () => closed(server) };
}

async function listening(server: Server, where: object): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(where, () => {
    server.off('error', reject);
    resolve();
  });
  await promise;
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

function groupId(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const line = readFileSync('/etc/group', 'utf8').split('\n').find((each) => each.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}
