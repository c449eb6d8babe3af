import { createHash, type Hash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { fsyncFile } from '../../host/files.ts';
import { isZeros } from '../../host/holes.ts';
import { algorithmOf, digestOf, hexOf, isDigest, type Digest } from '../../oci/digest.ts';
import type { ContentStore, Ingest, IngestOptions } from './content.ts';

const smallestHole = 1 << 12;

/** Of the file names of ingests that may be gone on with. */
const resumablePrefix = 'r-';

/** Opens or creates an OCI layout: `oci-layout`, `blobs/<algorithm>/<hex>`, `ingest/` for what is not yet whole, `trash/` for what goes. */
export function openContentStore(directory: string): ContentStore {
  for (const part of ['blobs/sha256', 'blobs/sha512', 'ingest', 'trash']) mkdirSync(join(directory, part), { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return new DirectoryContentStore(directory);
}

class DirectoryContentStore implements ContentStore {
  readonly #directory: string;
  readonly #open = new Set<string>();
  /** What is known to be on disk. */
  readonly #settled = new Set<Digest>();
  #removing: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
    for (const name of readdirSync(join(directory, 'trash'))) this.#removed(join(directory, 'trash', name));
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

  async settle(digests: Iterable<Digest>): Promise<void> {
    const waiting = [...new Set(digests)].filter((digest) => !this.#settled.has(digest));
    if (waiting.length === 0) return;
    const queue = waiting.values();
    const sync = async (): Promise<void> => {
      for (const digest of queue) await fsyncFile(this.path(digest));
    };
    // Two at once share the disk's commits; more would keep libuv's few threads from everybody else.
    await Promise.all([sync(), sync()]);
    for (const algorithm of new Set(waiting.map(algorithmOf))) await fsyncFile(join(this.#directory, 'blobs', algorithm));
    for (const digest of waiting) this.#settled.add(digest);
  }

  async delete(digest: Digest): Promise<number | undefined> {
    const size = statSync(this.path(digest), { throwIfNoEntry: false })?.size;
    if (size === undefined) return undefined;
    this.#settled.delete(digest);
    const away = join(this.#directory, 'trash', `${hexOf(digest).slice(0, 32)}-${newId().slice(0, 12)}`);
    // At once, so that whoever was told that it is there before this call, or that it is not after it, was told the truth.
    renameSync(this.path(digest), away);
    this.#removed(away);
    return size;
  }

  /** One after the other: to free a large file takes long. What fails to go is tried again when the store is opened. */
  #removed(path: string): void {
    this.#removing = this.#removing.then(async () => await unlink(path).catch(() => undefined));
  }

  async *list(): AsyncIterable<{ digest: Digest; size: number }> {
    for (const digest of await this.digests()) {
      const size = await this.size(digest);
      if (size !== undefined) yield { digest, size };
    }
  }

  async digests(): Promise<Digest[]> {
    const found: Digest[] = [];
    for (const algorithm of ['sha256', 'sha512']) {
      for (const name of await readdir(join(this.#directory, 'blobs', algorithm))) {
        const digest = `${algorithm}:${name}`;
        if (isDigest(digest)) found.push(digest);
      }
    }
    return found;
  }

  async sweepIngests(olderThanMs: number, { resumableOlderThanMs = olderThanMs } = {}): Promise<void> {
    const directory = join(this.#directory, 'ingest');
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (this.#open.has(path)) continue;
      const found = await stat(path).catch(() => undefined);
      const limitMs = name.startsWith(resumablePrefix) ? resumableOlderThanMs : olderThanMs;
      // The file's clock is finer than ours, and clocks jump: no limit means all of them.
      if (found === undefined || (limitMs !== 0 && found.mtimeMs > Date.now() - limitMs)) continue;
      // Somebody may have gone on with it meanwhile; in this turn nobody can.
      if (!this.#open.has(path)) rmSync(path, { force: true });
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

  async write(...chunks: Uint8Array[]): Promise<void> {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    const limit = this.#options.expected.size;
    if (limit !== undefined && this.#written + bytes > limit) {
      throw new GantryError('invalid', `content is larger than the ${limit} bytes that were announced`);
    }
    try {
      await append(this.#options.file, chunks, { at: this.#written, bytes });
    } catch (error) {
      throw translate(error);
    }
    for (const chunk of chunks) this.#hash.update(chunk);
    this.#written += bytes;
  }

  async truncate(): Promise<void> {
    await this.#options.file.truncate(0);
    this.#hash = this.#newHash();
    this.#written = this.#offset = 0;
  }

  async commit(): Promise<{ digest: Digest; size: number }> {
    const { expected, path, target } = this.#options;
    const digest: Digest = `${expected.digest === undefined ? 'sha256' : algorithmOf(expected.digest)}:${this.#hash.digest('hex')}`;
    try {
      if (expected.size !== undefined && expected.size !== this.#written) {
        throw new GantryError('invalid', `content has ${this.#written} bytes where ${expected.size} were announced`);
      }
      if (expected.digest !== undefined && expected.digest !== digest) throw mismatch(expected.digest, digest);
      expected.announce?.(digest);
      await rename(path, target(digest));
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
    // Before another one may begin under its key.
    rmSync(this.#options.path, { force: true });
    await this.close();
  }
}

/** What is all zeros becomes a hole: a layer that is made here may hold gigabytes of them. */
async function append(file: FileHandle, chunks: readonly Uint8Array[], place: { at: number; bytes: number }): Promise<void> {
  const { at, bytes } = place;
  if (bytes >= smallestHole && chunks.every(isZeros)) return await file.truncate(at + bytes);
  let { bytesWritten: done } = await file.writev(chunks);
  if (done === bytes) return;
  const rest = Buffer.concat(chunks).subarray(done);
  for (done = 0; done < rest.length;) done += (await file.write(rest, done)).bytesWritten;
}

function mismatch(expected: Digest, actual: Digest): GantryError {
  return new GantryError('invalid', `content digest mismatch: expected ${expected}, got ${actual}`);
}

function translate(error: unknown): unknown {
  if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') return error;
  return new GantryError('exhausted', 'no space left on device while writing content', { cause: error, hint: 'Free some space under the root directory.' });
}
