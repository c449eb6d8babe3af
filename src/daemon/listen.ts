import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, isIP, type Server } from 'node:net';
import { dirname } from 'node:path';
import { createSecureContext, createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { GantryError, errnoOf, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Address } from './addresses.ts';
import type { TlsConfig } from './config.ts';

export interface Listener { server: Server; kind: 'unix' | 'tcp' | 'tls'; address: Address; close(): Promise<void> }

/** Makes a listener of one address. Its connections belong to whoever serves it. */
export async function listen(address: Address, { group, tls }: { group: string; tls: TlsOptions | undefined }, log: Log): Promise<Listener> {
  return address.kind === 'unix' ? await listenUnix(address.path, group, log) : await listenTcp(address, tls, log);
}

async function listenUnix(path: string, group: string, log: Log): Promise<Listener> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  await removeStale(path);
  const server = createServer({ allowHalfOpen: true });
  // Made with no rights at all, so that there is no moment in which everybody may connect.
  const before = process.umask(0o777);
  const ready = listening(server, { path });
  // The socket is bound by now. Whatever else this process makes while it waits has rights of its own.
  process.umask(before);
  await ready;
  const gid = groupId(group);
  chownSync(path, 0, gid ?? 0);
  chmodSync(path, 0o660);
  if (gid === undefined) log.debug('only root may use the socket', { path, missingGroup: group });
  return { server, kind: 'unix', address: { kind: 'unix', path }, close: () => closed(server) };
}

/** A socket nobody answers at is left from a daemon that was killed. @throws conflict when somebody does */
async function removeStale(path: string): Promise<void> {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  // Somebody's file, named by mistake.
  if (!there.isSocket()) throw new GantryError('conflict', `${path} is in the way: it is no socket`);
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

async function listenTcp(address: Extract<Address, { kind: 'tcp' }>, tls: TlsOptions | undefined, log: Log): Promise<Listener> {
  const server = tls === undefined ? createServer({ allowHalfOpen: true }) : createTlsServer(tls);
  await listening(server, { host: address.host, port: address.port, ipv6Only: isIP(address.host) === 6 }).catch((cause: unknown) => {
    throw new GantryError('conflict', `failed to load listeners: ${messageOf(cause)}`, { cause, hint: 'Another program listens there, or the address is not of this host.' });
  });
  if (tls === undefined) log.warn('the API is served on tcp without TLS: whoever reaches it is root on this host', { address: `${address.host}:${address.port}` });
  return { server, kind: tls === undefined ? 'tcp' : 'tls', address, close: () => closed(server) };
}

/** What TLS needs of the disk, and whether it fits together. @throws invalid, naming the file */
export function readTls({ verify, ca, cert, key }: TlsConfig): TlsOptions {
  const read = (flag: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new GantryError('invalid', `${flag} cannot be read: ${messageOf(cause)}`, { cause });
    }
  };
  const options: TlsOptions = {
    cert: read('tlscert', cert), key: read('tlskey', key), requestCert: verify, rejectUnauthorized: verify, minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: read('tlscacert', ca) }),
  };
  try {
    createSecureContext(options);
    return options;
  } catch (cause) {
    throw new GantryError('invalid', `TLS cannot be served with ${cert} and ${key}: ${messageOf(cause)}`, { cause });
  }
}

/** As many clients as the kernel lets wait: who finds the queue of a unix socket full is turned away. */
const backlog = 4096;

async function listening(server: Server, where: object): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ ...where, backlog }, () => {
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
