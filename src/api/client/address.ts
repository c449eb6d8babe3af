import { GantryError } from '../../base/errors.ts';

/** Where an engine listens. */
export type Address =
  | { kind: 'unix'; path: string }
  | { kind: 'tcp'; host: string; port: number; basePath: string; tls: boolean }
  | { kind: 'ssh'; target: string };

/**
 * Reads `unix:///path`, `tcp://host:port`, `http://`, `https://`, `ssh://user@host` and the short forms docker takes
 * (`host:port`, `:port`). Throws GantryError `invalid`.
 */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  const scheme = /^([a-z]+):\/\//.exec(trimmed)?.[1];
  const rest = scheme === undefined ? trimmed : trimmed.slice(scheme.length + 3);
  switch (scheme) {
    case 'unix':
      return { kind: 'unix', path: rest === '' ? '/var/run/docker.sock' : rest };
    case 'ssh':
      return { kind: 'ssh', target: trimmed };
    case undefined: case 'tcp': case 'http': case 'https':
      return tcp(rest, scheme, text);
    default:
      throw new GantryError('invalid', `invalid bind address format: ${text}`, { hint: 'Use unix://, tcp://, http://, https:// or ssh://.' });
  }
}

function tcp(rest: string, scheme: string | undefined, text: string): Address {
  const shape = /^(\[[0-9a-fA-F:.]+\]|[^:/[\]]*)(?::(\d+))?(\/.*)?$/.exec(rest);
  const port = shape?.[2] === undefined ? (scheme === 'http' ? 80 : scheme === 'https' ? 443 : 2375) : Number(shape[2]);
  if (shape === null || port > 65535 || (rest === '' && scheme === undefined)) throw new GantryError('invalid', `invalid bind address (${text}): should be tcp://host:port`);
  const host = (shape[1] ?? '').replace(/^\[|\]$/g, '');
  return { kind: 'tcp', host: host === '' ? 'localhost' : host, port, basePath: (shape[3] ?? '').replace(/\/$/, ''), tls: scheme === 'https' };
}
