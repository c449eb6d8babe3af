import { createHash, randomBytes, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { GantryError } from '../../../base/errors.ts';
import { algorithmOf, digestOf, hexOf, isDigest, type Digest, type DigestAlgorithm } from '../../../oci/digest.ts';
import { makeFolder, namesIn, orAbsent, removeFile, syncFolder } from './durable-files.ts';
import type { BlobStore, GrowingIngest } from './storage.ts';

/** `<root>/ingest/<key>`, and `<root>/blobs/<algorithm>/<hex>` unless another `path` on the same filesystem is given. */
export function createFileBlobs(root: string, path = (digest: Digest): string => join(root, 'blobs', algorithmOf(digest), hexOf(digest))): BlobStore {
  const hashes = new RunningHashes();
  const size = async (digest: Digest): Promise<number | undefined> => (await orAbsent(stat(path(digest))))?.size;
  const store: BlobStore = {
    size,
    async read(digest, range) {
      const file = await orAbsent(open(path(digest), 'r'));
      if (file === undefined) throw unknownBlob(digest);
      return createReadStream('', { fd: file, start: range?.start ?? 0, end: range?.end, highWaterMark: 256 << 10 }) as Readable;
    },
    async bytes(digest, maxBytes) {
      const length = await size(digest);
      if (length === undefined) throw unknownBlob(digest);
      if (length > maxBytes) throw new GantryError('invalid', `blob ${digest} is larger than ${maxBytes} bytes`);
      return Buffer.concat(await (await store.read(digest)).toArray() as Buffer[]);
    },
    async put(bytes, digest) {
      const wanted = digest ?? digestOf(bytes);
      const ingest = await store.ingest(`put-${randomBytes(8).toString('hex')}`, { digest: wanted, size: bytes.byteLength });
      try {
        await ingest.write(bytes);
      } catch (error) {
        await ingest.abort();
        throw error;
      }
      return ingest.commit();
    },
    ingest: (key, expected = {}) => FileIngest.open({ path: join(root, 'ingest', key), expected, target: path, hashes }),
    // Each commit waits for the disk.
    settle: async () => undefined,
    delete: (digest) => removeFile(path(digest)),
    async sweepIngests(untouchedSinceMs) {
      for (const name of await namesIn(join(root, 'ingest'))) {
        const file = join(root, 'ingest', name);
        const found = await orAbsent(stat(file));
        if (found !== undefined && found.mtimeMs < untouchedSinceMs) await removeFile(file);
      }
    },
    async *list() {
      for (const algorithm of ['sha256', 'sha512'] as const) {
        for (const hex of await namesIn(join(root, 'blobs', algorithm))) {
          const digest = `${algorithm}:${hex}`;
          const bytes = isDigest(digest) ? await size(digest) : undefined;
          if (isDigest(digest) && bytes !== undefined) yield { digest, size: bytes };
        }
      }
    },
  };
  return store;
}

function unknownBlob(digest: Digest): GantryError {
  return new GantryError('notFound', `blob ${digest} not found`);
}

/** Hash states of open uploads, so that the last request of an upload need not read again what the others wrote. Lost at a restart, and then read. */
class RunningHashes {
  static readonly #limit = 512;
  readonly #states = new Map<string, { hash: Hash; algorithm: DigestAlgorithm; offset: number }>();

  keep(path: string, state: { hash: Hash; algorithm: DigestAlgorithm; offset: number }): void {
    this.#states.set(path, state);
    if (this.#states.size > RunningHashes.#limit) this.#states.delete(this.#states.keys().next().value!);
  }

  async take(path: string, algorithm: DigestAlgorithm, offset: number): Promise<Hash> {
    const known = this.#states.get(path);
    this.#states.delete(path);
    if (known !== undefined && known.offset === offset && known.algorithm === algorithm) return known.hash;
    const hash = createHash(algorithm);
    if (offset > 0) for await (const chunk of createReadStream(path, { end: offset - 1, highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
    return hash;
  }

  forget(path: string): void {
    this.#states.delete(path);
  }
}

interface IngestOptions {
  path: string;
  expected: { digest?: Digest; size?: number };
  target: (digest: Digest) => string;
  hashes: RunningHashes;
}

class FileIngest implements GrowingIngest {
  readonly #options: IngestOptions;
  readonly #algorithm: DigestAlgorithm;
  readonly #file: FileHandle;
  #hash: Hash;
  #offset: number;

  static async open(options: IngestOptions): Promise<FileIngest> {
    await makeFolder(dirname(options.path));
    const file = await open(options.path, 'a', 0o644);
    try {
      const { size } = await file.stat();
      const algorithm = options.expected.digest === undefined ? 'sha256' : algorithmOf(options.expected.digest);
      return new FileIngest(options, { file, size, algorithm, hash: await options.hashes.take(options.path, algorithm, size) });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private constructor(options: IngestOptions, state: { file: FileHandle; size: number; algorithm: DigestAlgorithm; hash: Hash }) {
    this.#options = options;
    this.#algorithm = state.algorithm;
    this.#file = state.file;
    this.#hash = state.hash;
    this.#offset = state.size;
  }

  get offset(): number {
    return this.#offset;
  }

  get path(): string {
    return this.#options.path;
  }

  async write(chunk: Uint8Array): Promise<void> {
    // Hashed and counted as far as it was written: on a full disk that is a part.
    for (let written = 0; written < chunk.byteLength;) {
      const { bytesWritten } = await this.#file.write(chunk, written);
      this.#hash.update(chunk.subarray(written, written + bytesWritten));
      this.#offset += bytesWritten;
      written += bytesWritten;
    }
  }

  async truncate(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash(this.#algorithm);
    this.#offset = 0;
  }

  async commit(): Promise<{ digest: Digest; size: number }> {
    const digest: Digest = `${this.#algorithm}:${this.#hash.digest('hex')}`;
    const { expected, path, target } = this.#options;
    const size = this.#offset;
    try {
      if (expected.size !== undefined && expected.size !== size) throw new GantryError('invalid', `blob has ${size} bytes, not ${expected.size}`);
      if (expected.digest !== undefined && expected.digest !== digest) throw new GantryError('invalid', `blob has digest ${digest}, not ${expected.digest}`);
      await this.#file.sync();
      await makeFolder(dirname(target(digest)));
      await rename(path, target(digest));
      await syncFolder(dirname(target(digest)));
    } catch (error) {
      await this.abort();
      throw error;
    }
    await this.#file.close();
    return { digest, size };
  }

  async close(): Promise<void> {
    this.#options.hashes.keep(this.#options.path, { hash: this.#hash, algorithm: this.#algorithm, offset: this.#offset });
    await this.#file.close();
  }

  async abort(): Promise<void> {
    this.#options.hashes.forget(this.#options.path);
    await this.#file.close();
    await rm(this.#options.path, { force: true });
  }
}
