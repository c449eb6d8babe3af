import { createHash, type Hash } from 'node:crypto';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { fsyncDirectory } from '../../host/files.ts';
import { algorithmOf, digestOf, hexOf, isDigest, type Digest } from '../../oci/digest.ts';
import type { ContentStore, Ingest, IngestOptions } from './content.ts';

/** Of the file names of ingests that may be gone on with. */
const resumablePrefix = 'r-';

/** Opens or creates an OCI layout: `oci-layout`, `blobs/<algorithm>/<hex>`, and `ingest/` for what is not yet whole. */
export function openContentStore(directory: string): ContentStore {
  for (const part of ['blobs/sha256', 'blobs/sha512', 'ingest']) mkdirSync(join(directory, part), { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return new DirectoryContentStore(directory);
}

class DirectoryContentStore implements ContentStore {
  readonly #directory: string;
  readonly #open = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  path(digest: Digest): string {
    if (!isDigest(digest)) throw new GantryError('invalid', `invalid digest: ${String(digest)}`);
    return join(this.#directory, 'blobs', algorithmOf(digest), hexOf(digest));
  }

  async size(digest: Digest): Promise<number | undefined> {
    try {
      return (await stat(this.path(digest))).size;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async read(digest: Digest, range: { start: number; end?: number } = { start: 0 }): Promise<Readable> {
    const file = await this.#openBlob(digest);
    return createReadStream('', { fd: file, start: range.start, ...(range.end === undefined ? {} : { end: range.end }), highWaterMark: 1 << 18 });
  }

  async bytes(digest: Digest, maxBytes: number): Promise<Buffer> {
    await using file = await this.#openBlob(digest);
    const { size } = await file.stat();
    if (size > maxBytes) throw new GantryError('invalid', `${digest} has ${size} bytes; at most ${maxBytes} are read at once`);
    return await file.readFile();
  }

  async #openBlob(digest: Digest): Promise<FileHandle> {
    try {
      return await open(this.path(digest), 'r');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw new GantryError('notFound', `content ${digest} not found`, { cause: error });
      throw error;
    }
  }

  async ingest(key: string, expected: IngestOptions = {}): Promise<Ingest> {
    // A key may be anything (a digest, a URL): its own digest makes a safe file name.
    const path = join(this.#directory, 'ingest', (expected.resumable === true ? resumablePrefix : '') + hexOf(digestOf(key)));
    if (this.#open.has(path)) throw new GantryError('conflict', `ingest ${key} is under way`);
    this.#open.add(path);
    try {
      const file = await open(path, 'a+', 0o600);
      const ingest = new FileIngest({ path, file, expected, target: (digest) => this.path(digest), closed: () => this.#open.delete(path) });
      await ingest.resume();
      return ingest;
    } catch (error) {
      this.#open.delete(path);
      throw translate(error);
    }
  }

  async put(bytes: Uint8Array, digest?: Digest): Promise<{ digest: Digest; size: number }> {
    const actual = digestOf(bytes, digest === undefined ? 'sha256' : algorithmOf(digest));
    if (digest !== undefined && digest !== actual) throw mismatch(digest, actual);
    if ((await this.size(actual)) !== undefined) return { digest: actual, size: bytes.length };
    const ingest = await this.ingest(`put ${actual} ${crypto.randomUUID()}`, { digest: actual });
    try {
      await ingest.write(bytes);
      return await ingest.commit();
    } catch (error) {
      await ingest.abort();
      throw error;
    }
  }

  async delete(digest: Digest): Promise<boolean> {
    try {
      await unlink(this.path(digest));
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async *list(): AsyncIterable<{ digest: Digest; size: number }> {
    for (const algorithm of ['sha256', 'sha512']) {
      for (const name of await readdir(join(this.#directory, 'blobs', algorithm))) {
        const digest = `${algorithm}:${name}`;
        if (!isDigest(digest)) continue;
        const size = await this.size(digest);
        if (size !== undefined) yield { digest, size };
      }
    }
  }

  async sweepIngests(olderThanMs: number, { resumableOlderThanMs = olderThanMs } = {}): Promise<void> {
    const directory = join(this.#directory, 'ingest');
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (this.#open.has(path)) continue;
      const found = await stat(path).catch(() => undefined);
      const limitMs = name.startsWith(resumablePrefix) ? resumableOlderThanMs : olderThanMs;
      // The file's clock is finer than ours, and clocks jump: no limit means all of them.
      if (found !== undefined && (limitMs === 0 || found.mtimeMs <= Date.now() - limitMs)) await rm(path, { force: true });
    }
  }
}

interface FileIngestOptions {
  path: string;
  file: FileHandle;
  expected: IngestOptions;
  target: (digest: Digest) => string;
  closed: () => void;
}

class FileIngest implements Ingest {
  readonly #options: FileIngestOptions;
  #hash: Hash;
  #written = 0;
  #offset = 0;
  #ended = false;

  constructor(options: FileIngestOptions) {
    this.#options = options;
    this.#hash = this.#newHash();
  }

  get offset(): number {
    return this.#offset;
  }

  get path(): string {
    return this.#options.path;
  }

  #newHash(): Hash {
    return createHash(this.#options.expected.digest === undefined ? 'sha256' : algorithmOf(this.#options.expected.digest));
  }

  /** Hashes what an earlier try left. */
  async resume(): Promise<void> {
    const buffer = Buffer.allocUnsafe(1 << 18);
    for (;;) {
      const { bytesRead } = await this.#options.file.read(buffer, 0, buffer.length, this.#offset);
      if (bytesRead === 0) break;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#offset += bytesRead;
    }
    this.#written = this.#offset;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const limit = this.#options.expected.size;
    if (limit !== undefined && this.#written + chunk.length > limit) {
      throw new GantryError('invalid', `content is larger than the ${limit} bytes that were announced`);
    }
    try {
      for (let done = 0; done < chunk.length;) done += (await this.#options.file.write(chunk, done)).bytesWritten;
    } catch (error) {
      throw translate(error);
    }
    this.#hash.update(chunk);
    this.#written += chunk.length;
  }

  async truncate(): Promise<void> {
    await this.#options.file.truncate(0);
    this.#hash = this.#newHash();
    this.#written = this.#offset = 0;
  }

  async commit(): Promise<{ digest: Digest; size: number }> {
    const { expected, file, path, target } = this.#options;
    const digest: Digest = `${expected.digest === undefined ? 'sha256' : algorithmOf(expected.digest)}:${this.#hash.digest('hex')}`;
    try {
      if (expected.size !== undefined && expected.size !== this.#written) {
        throw new GantryError('invalid', `content has ${this.#written} bytes where ${expected.size} were announced`);
      }
      if (expected.digest !== undefined && expected.digest !== digest) throw mismatch(expected.digest, digest);
      await file.sync();
      expected.announce?.(digest);
      await rename(path, target(digest));
      fsyncDirectory(dirname(target(digest)));
    } catch (error) {
      await this.abort();
      throw translate(error);
    }
    await this.close();
    return { digest, size: this.#written };
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.closed();
    await this.#options.file.close();
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    await this.close();
    await rm(this.#options.path, { force: true });
  }
}

function mismatch(expected: Digest, actual: Digest): GantryError {
  return new GantryError('invalid', `content digest mismatch: expected ${expected}, got ${actual}`);
}

function translate(error: unknown): unknown {
  if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') return error;
  return new GantryError('exhausted', 'no space left on device while writing content', { cause: error, hint: 'Free some space under the root directory.' });
}
