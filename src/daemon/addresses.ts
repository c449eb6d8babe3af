import { GantryError } from '../base/errors.ts';

/** Where the daemon listens. */
export type Address = { kind: 'unix'; path: string } | { kind: 'tcp'; host: string; port: number };

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
