import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, linkSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError, errnoOf } from '../../../base/errors.ts';
import { TarDecoder } from '../../../base/tar/decoder.ts';
import { plainChunks } from '../../../host/files-decompress.ts';
import { startWriting } from '../../../host/files.ts';
import { isZeros } from '../../../host/holes.ts';
import type { ExtractJobOptions, Extracted } from '../extract-job.ts';
import { readLayerFile, type LayerFile } from '../growth.ts';
import { inheritedAttributes } from '../implied-directories.ts';
import { LayerTree } from './layer-tree.ts';
import { writeIndex } from './write-index.ts';

/** So much of a large layer goes to the disk at a time while more comes, and the rest at its end: who waits for the disk in the end waits little. */
const writeBytes = 32 << 20;

export const tarName = 'layer.tar';
export const indexName = 'layer.erofs';

/**
 * Keeps a layer as it came, `layer.tar`, and writes beside it the index that the kernel mounts, `layer.erofs`: two files, whatever the
 * number of members. An uncompressed blob that is a file already is not copied but linked.
 * @throws NotIndexable when the tar holds what an index cannot say; `layer.tar` is whole then.
 */
export async function indexStream(source: AsyncIterable<Buffer> | LayerFile, folder: string, options: Omit<ExtractJobOptions, 'whiteouts'>): Promise<Extracted> {
  const tree = new LayerTree({ maxBytes: options.maxBytes });
  const decoder = new TarDecoder(tree);
  const { chunks, compression, close } = await plainChunks('file' in source ? readLayerFile(source, options.cancelled) : source);
  let copy: number | undefined;
  let failure: unknown;
  let written = 0;
  let asked = 0;
  try {
    const isLinked = 'file' in source && compression === 'none' && link(source, join(folder, tarName));
    copy = isLinked ? undefined : openSync(join(folder, tarName), 'wx', 0o600);
    const { tarDigest, tarBytes } = await drain(chunks, {
      ...options,
      take: (chunk) => {
        if (copy !== undefined) writeAt(copy, chunk, written);
        written += chunk.length;
        if (copy !== undefined && written - asked >= writeBytes) {
          startWriting(copy, asked, written - asked);
          asked = written;
        }
        // The tar is kept to its end even when it cannot be indexed: it can be extracted then.
        if (failure === undefined) failure = attempt(() => decoder.write(chunk));
        if (failure instanceof GantryError) throw failure;
      },
    });
    if (copy !== undefined) {
      ftruncateSync(copy, tarBytes);
      startWriting(copy, asked, tarBytes - asked);
    }
    failure ??= attempt(() => decoder.end());
    if (failure !== undefined) throw failure;
    writeFile(join(folder, indexName), writeIndex(tree.root, tarBytes), { flags: 'wx', settle: startWriting });
    return { tarDigest, tarBytes, unpackedBytes: tree.unpackedBytes, implied: tree.implied };
  } catch (error) {
    throw fullDisk(error);
  } finally {
    if (copy !== undefined) closeSync(copy);
    await close();
  }
}

/**
 * Writes the index of a layer anew, its implied directories as `lowers` (mounted, top first) have them. The old one stays until the new
 * one is whole and on disk.
 */
export async function indexAgain(folder: string, { implied, lowers }: { implied: readonly string[]; lowers: readonly string[] }): Promise<void> {
  const inherited = [...inheritedAttributes(implied, lowers)];
  if (inherited.length === 0) return;
  const tree = new LayerTree({ maxBytes: Infinity });
  const decoder = new TarDecoder(tree);
  let tarBytes = 0;
  for await (const chunk of readLayerFile({ file: join(folder, tarName) })) {
    decoder.write(chunk);
    tarBytes += chunk.length;
  }
  decoder.end();
  for (const { path, attributes } of inherited) tree.inherit(path, attributes);
  try {
    const index = join(folder, indexName);
    writeFile(`${index}.new`, writeIndex(tree.root, tarBytes), { flags: 'w', settle: fsyncSync });
    renameSync(`${index}.new`, index);
  } catch (error) {
    throw fullDisk(error);
  }
}

function writeFile(path: string, bytes: Buffer, { flags, settle }: { flags: 'w' | 'wx'; settle: (fd: number) => void }): void {
  const fd = openSync(path, flags, 0o600);
  try {
    writeFileSync(fd, bytes);
    settle(fd);
  } finally {
    closeSync(fd);
  }
}

function fullDisk(error: unknown): unknown {
  return errnoOf(error) === 'ENOSPC' ? new GantryError('exhausted', 'no space left on device while writing a layer', { cause: error, hint: 'Free some space under the root directory.' }) : error;
}

async function drain(stream: AsyncIterable<Buffer>, options: { cancelled: () => boolean; take: (chunk: Buffer) => void }): Promise<{ tarDigest: `sha256:${string}`; tarBytes: number }> {
  const hash = createHash('sha256');
  let tarBytes = 0;
  for await (const chunk of stream) {
    if (options.cancelled()) throw new GantryError('cancelled', 'unpacking was cancelled');
    hash.update(chunk);
    tarBytes += chunk.length;
    options.take(chunk);
  }
  return { tarDigest: `sha256:${hash.digest('hex')}`, tarBytes };
}

function attempt(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** False when the blob is on another filesystem, or has too many links: then it is copied. */
function link({ file, movedTo }: LayerFile, to: string): boolean {
  try {
    linkSync(file, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && movedTo !== undefined) return link({ file: movedTo }, to);
    if (['EXDEV', 'EMLINK', 'EPERM'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** Zeros become a hole: a layer may say gigabytes of them in a few bytes. */
function writeAt(fd: number, chunk: Uint8Array, position: number): void {
  if (isZeros(chunk)) return;
  for (let done = 0; done < chunk.length;) done += writeSync(fd, chunk, done, chunk.length - done, position + done);
}
