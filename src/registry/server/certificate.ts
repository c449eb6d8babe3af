import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';

/** Paths of PEM files. */
export interface CertificateFiles { cert: string; key: string }

export async function readCertificate({ cert, key }: CertificateFiles): Promise<{ cert: Buffer; key: Buffer }> {
  return { cert: await readFile(cert), key: await readFile(key) };
}

/**
 * Shows new clients the certificate that is in the files by now, until it is disposed of. Files that do not fit each other, as in the middle of
 * a renewal, change nothing: the last good pair stays.
 */
export function followCertificate(server: Server, files: CertificateFiles, { log, lookEveryMs }: { log: Log; lookEveryMs: number }): Disposable {
  const renew = async (): Promise<void> => {
    try {
      const pair = await readCertificate(files);
      createSecureContext(pair);
      server.setSecureContext(pair);
      log.info('certificate renewed', { cert: files.cert });
    } catch (error) {
      log.warn('the new certificate cannot be used, the old one stays', { cert: files.cert, error: messageOf(error) });
    }
  };
  const paths = [files.cert, files.key];
  const changed = (): void => void renew();
  for (const path of paths) watchFile(path, { interval: lookEveryMs, persistent: false }, changed);
  return {
    [Symbol.dispose]() {
      for (const path of paths) unwatchFile(path, changed);
    },
  };
}
