import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address } from './address.ts';

/** PEM texts for a TLS connection; `verify` false accepts any certificate. */
export interface TlsOptions { ca?: string; cert?: string; key?: string; verify: boolean }

/** Opens a byte stream to an engine. Rejects with Node's connection error. */
export async function dial(address: Address, tls?: TlsOptions): Promise<Duplex> {
  if (address.kind === 'unix') return connected(connect({ path: address.path, allowHalfOpen: true }), 'connect');
  if (address.kind === 'ssh') return (await import('./ssh.ts')).dialSsh(address.target);
  if (!address.tls && tls === undefined) return connected(connect({ host: address.host, port: address.port, allowHalfOpen: true, noDelay: true }), 'connect');
  const { connect: connectTls } = await import('node:tls');
  const { verify = true, ...pem } = tls ?? {};
  return connected(connectTls({ host: address.host, port: address.port, ...(isIP(address.host) === 0 ? { servername: address.host } : {}), ...pem, rejectUnauthorized: verify }), 'secureConnect');
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once(event, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
