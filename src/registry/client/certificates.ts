import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { GantryError, errnoOf } from '../../base/errors.ts';

/** What a `certs.d/<host>` folder adds to TLS: certificates to trust beside the usual ones, and certificates to show. */
export interface HostCertificates {
  ca?: string[];
  cert?: string[];
  key?: string[];
}

/**
 * Reads `<folder>/<host[:port]>`: `*.crt` are authorities, `*.cert` with `*.key` of the same name client certificates.
 * @throws invalid when one half of a pair is missing.
 */
export async function hostCertificates(host: string, folders: string[]): Promise<HostCertificates> {
  if (!/^[\w.:[\]-]+$/.test(host) || host.startsWith('.')) return {};
  for (const folder of folders) {
    const names = await listFolder(join(folder, host));
    if (names !== undefined) return readCertificates(join(folder, host), names);
  }
  return {};
}

async function listFolder(path: string): Promise<string[] | undefined> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function readCertificates(folder: string, names: string[]): Promise<HostCertificates> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const certs = names.filter((name) => name.endsWith('.cert'));
  const keys = names.filter((name) => name.endsWith('.key'));
  requirePairs(folder, certs, keys);
  const authorities = names.filter((name) => name.endsWith('.crt'));
  return {
    ...(authorities.length > 0 ? { ca: [...rootCertificates, ...await Promise.all(authorities.map(read))] } : {}),
    ...(certs.length > 0 ? { cert: await Promise.all(certs.map(read)), key: await Promise.all(keys.map(read)) } : {}),
  };
}

function requirePairs(folder: string, certs: string[], keys: string[]): void {
  const stem = (name: string): string => name.replace(/\.(?:cert|key)$/, '');
  const lonelyCert = certs.find((cert) => !keys.includes(`${stem(cert)}.key`));
  if (lonelyCert !== undefined) {
    throw new GantryError('invalid', `missing key ${stem(lonelyCert)}.key for client certificate ${lonelyCert} in ${folder}`,
      { hint: 'CA certificates must use the extension .crt.' });
  }
  const lonelyKey = keys.find((key) => !certs.includes(`${stem(key)}.cert`));
  if (lonelyKey !== undefined) {
    throw new GantryError('invalid', `missing client certificate ${stem(lonelyKey)}.cert for key ${lonelyKey} in ${folder}`);
  }
}
