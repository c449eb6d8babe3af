import { readFile, stat } from 'node:fs/promises';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';

/** Paths of PEM files. */
export interface CertificateFiles { cert: string; key: string }

/** What was in the files, and what tells when they hold something else. */
export interface ReadCertificate { pair: { cert: Buffer; key: Buffer }; mark: string }

export async function readCertificate(files: CertificateFiles): Promise<ReadCertificate> {
  // First: what changes while it is read is found changed later.
  const mark = await markOf(files);
  return { pair: await readPair(files), mark };
}

async function readPair({ cert, key }: CertificateFiles): Promise<ReadCertificate['pair']> {
  return { cert: await readFile(cert), key: await readFile(key) };
}

async function markOf({ cert, key }: CertificateFiles): Promise<string> {
  const marks = await Promise.all([cert, key].map(async (path) => {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(' ');
  }));
  return marks.join(', ');
}

/**
 * Shows new clients the certificate that is in the files by now, until it is disposed of. Files that are away, or do not fit each other, as in
 * the middle of a renewal, change nothing: the last good pair stays. `mark` is of what the server shows.
 */
export function followCertificate(server: Pick<Server, 'setSecureContext'>, files: CertificateFiles, options: { mark: string; log: Log; lookEveryMs: number }): Disposable {
  const { log, lookEveryMs } = options;
  let seen = options.mark;
  let isLooking = false;
  const renew = async (): Promise<void> => {
    const mark = await markOf(files).catch(messageOf);
    if (mark === seen) return;
    seen = mark;
    try {
      const pair = await readPair(files);
      createSecureContext(pair);
      server.setSecureContext(pair);
      log.info('certificate renewed', { cert: files.cert });
    } catch (error) {
      log.warn('the new certificate cannot be used, the old one stays', { cert: files.cert, error: messageOf(error) });
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void renew().finally(() => { isLooking = false; });
  }, lookEveryMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
