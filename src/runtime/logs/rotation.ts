import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/**
 * Names of a rotated log: `path` is written, `path.1` is the youngest of the old ones. With compression the old ones end in `.gz`.
 * `maxFiles` counts the written one too; with 1 nothing is kept. A file is never emptied: who reads it still reads it to its end.
 */
export function rotate(path: string, maxFiles: number, compress: boolean): void {
  if (maxFiles < 2) return rmSync(path, { force: true });
  const endings = compress ? ['.gz', ''] : [''];
  for (const ending of ['', '.gz']) rmSync(`${path}.${maxFiles - 1}${ending}`, { force: true });
  for (let number = maxFiles - 1; number > 1; number--) {
    for (const ending of endings) {
      const from = `${path}.${number - 1}${ending}`;
      if (existsSync(from)) renameSync(from, `${path}.${number}${ending}`);
    }
  }
  if (existsSync(path)) renameSync(path, `${path}.1`);
}

/** Replaces `path.1` by `path.1.gz`; the plain file goes only when the other one is whole. */
export async function compressRotated(path: string): Promise<void> {
  const { createGzip } = await import('node:zlib');
  const temporary = `${path}.1.gz.tmp`;
  await pipeline(createReadStream(`${path}.1`), createGzip(), createWriteStream(temporary, { mode: 0o640 }));
  renameSync(temporary, `${path}.1.gz`);
  rmSync(`${path}.1`, { force: true });
}
