import { GantryError } from '../../../base/errors.ts';
import { newId } from '../../../base/ids.ts';
import type { TarEntry } from '../../../base/tar/entry.ts';
import { readTar } from '../../../base/tar/read.ts';
import { digestOf, isDigest, type Digest } from '../../../oci/digest.ts';
import type { ContentStore } from '../../../store/content/content.ts';
import type { Lease } from '../../../store/leases/leases.ts';

/** Members up to this size wait in memory; larger ones are blobs at once. Layers are nearly always larger, metadata never. */
const smallBytes = 1 << 20;
const maxSmallTotal = 256 << 20;
const maxMembers = 100_000;

type Member = { kind: 'small'; bytes: Buffer } | { kind: 'blob'; digest: Digest; size: number } | { kind: 'link'; target: string };

/** The members of an image archive, read in one pass whatever their order. Blobs go into the content store under the load's lease. */
export class ArchiveMembers {
  readonly #content: ContentStore;
  readonly #lease: Lease;
  readonly #members = new Map<string, Member>();
  #smallTotal = 0;
  /** Blobs this load brought: what is not part of an image at the end goes again. */
  readonly brought = new Set<Digest>();

  constructor(content: ContentStore, lease: Lease) {
    this.#content = content;
    this.#lease = lease;
  }

  async readAll(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    for await (const { entry, body } of readTar(tar)) {
      signal.throwIfAborted();
      const name = cleanName(entry.name);
      if (this.#members.size >= maxMembers) throw new GantryError('invalid', `the archive has more than ${maxMembers} members`);
      if (entry.type === 'symlink') this.#members.set(name, { kind: 'link', target: besides(name, entry.linkName) });
      else if (entry.type === 'link') this.#members.set(name, { kind: 'link', target: cleanName(entry.linkName) });
      else if (entry.type === 'file') this.#members.set(name, await this.#store(entry, name, body));
    }
  }

  async #store(entry: TarEntry, name: string, body: AsyncIterable<Buffer>): Promise<Member> {
    if (entry.sparse !== undefined) throw new GantryError('invalid', `${name}: an image archive holds no sparse files`);
    if (entry.size <= smallBytes) {
      this.#smallTotal += entry.size;
      if (this.#smallTotal > maxSmallTotal) throw new GantryError('invalid', 'the archive has too many small members');
      const parts: Buffer[] = [];
      // The pieces are views of the stream's buffers: copied, they do not hold on to them.
      for await (const part of body) parts.push(Buffer.from(part));
      return { kind: 'small', bytes: Buffer.concat(parts) };
    }
    return await this.#ingest(entry, name, body);
  }

  async #ingest(entry: TarEntry, name: string, body: AsyncIterable<Buffer>): Promise<Member> {
    const expected = digestFromName(name);
    if (expected !== undefined) this.#lease.add({ digests: [expected] });
    const announce = (digest: Digest): void => {
      this.brought.add(digest);
      this.#lease.add({ digests: [digest] });
    };
    const ingest = await this.#content.ingest(`load ${newId()}`, { size: entry.size, announce, ...(expected === undefined ? {} : { digest: expected }) });
    try {
      for await (const part of body) await ingest.write(part);
      const { digest, size } = await ingest.commit();
      return { kind: 'blob', digest, size };
    } catch (error) {
      await ingest.abort();
      if (expected === undefined || !(error instanceof GantryError) || error.kind !== 'invalid') throw error;
      throw new GantryError('invalid', `layer ${expected} is corrupt: ${error.message}`, { cause: error });
    }
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** A small member's bytes. @throws invalid when it is absent or large */
  bytes(name: string): Buffer {
    const member = this.#find(name);
    if (member === undefined) throw new GantryError('invalid', `the archive holds no ${JSON.stringify(name)}`);
    if (member.kind !== 'small') throw new GantryError('invalid', `${name} is too large`);
    return member.bytes;
  }

  /** Puts a member into the content store. `expected` names its digest. @throws invalid when it is absent or differs */
  async blob(name: string, expected?: Digest): Promise<{ digest: Digest; size: number }> {
    const member = this.#find(name);
    if (member === undefined) return await this.#known(name, expected);
    const found = member.kind === 'blob' ? member : await this.#put(member.bytes, expected);
    if (expected !== undefined && found.digest !== expected) {
      throw new GantryError('invalid', `${name} is corrupt: content digest mismatch: expected ${expected}, got ${found.digest}`);
    }
    return found;
  }

  async #put(bytes: Buffer, expected: Digest | undefined): Promise<{ digest: Digest; size: number }> {
    return await this.add(bytes, expected?.startsWith('sha512:') === true ? digestOf(bytes, 'sha512') : digestOf(bytes));
  }

  /** Content that the load makes itself. */
  async add(bytes: Buffer, digest = digestOf(bytes)): Promise<{ digest: Digest; size: number }> {
    this.#lease.add({ digests: [digest] });
    if ((await this.#content.size(digest)) === undefined) this.brought.add(digest);
    return await this.#content.put(bytes, digest);
  }

  /** An archive may leave out what the store has. */
  async #known(name: string, expected: Digest | undefined): Promise<{ digest: Digest; size: number }> {
    if (expected !== undefined) this.#lease.add({ digests: [expected] });
    const size = expected === undefined ? undefined : await this.#content.size(expected);
    if (expected === undefined || size === undefined) throw new GantryError('invalid', `the archive holds no ${JSON.stringify(name)}`);
    return { digest: expected, size };
  }

  #find(name: string): Exclude<Member, { kind: 'link' }> | undefined {
    let member = this.#members.get(cleanName(name));
    for (let steps = 0; member?.kind === 'link' && steps < 10; steps++) member = this.#members.get(member.target);
    return member?.kind === 'link' ? undefined : member;
  }
}

export function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function digestFromName(name: string): Digest | undefined {
  const digest = /^blobs\/([^/]+)\/([^/]+)$/.exec(name)?.slice(1).join(':');
  return isDigest(digest) ? digest : undefined;
}

/** Names are only looked up here, never made on disk, so `..` is harmless. */
function cleanName(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function besides(name: string, target: string): string {
  return cleanName(target.startsWith('/') ? target : `${name.slice(0, name.lastIndexOf('/') + 1)}${target}`);
}
