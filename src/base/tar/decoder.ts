import { GantryError } from '../errors.ts';
import { decodeName } from '../file-names.ts';
import type { TarEntry, TarHandler } from './entry.ts';
import { blockSize, entryTypes, HeaderBlock, parseHeader, type RawHeader } from './header.ts';
import { parsePax, parsePaxTime, paxNumber, type PaxRecords } from './pax.ts';
import { oldGnuExtension, oldGnuMap, paxSparseMap, sparseMapInBody, type SparseState } from './sparse.ts';

/** Names, pax records and sparse maps are held in memory; more than this is hostile. */
const maxExtensionBytes = 1 << 20;
/** Archivers fill their last record, tapes more; gigabytes of it, which compress to nothing, are hostile. */
const maxTrailingBytes = 64 << 20;

type State = 'header' | 'extension' | 'oldSparse' | 'sparseMap' | 'body' | 'padding' | 'ended';

/**
 * Reads an archive that is pushed to it piece by piece, and tells a handler. Synchronous and without copies of bodies: the fast path of
 * extraction. Reads ustar, GNU long names, pax, base 256 numbers, GNU sparse (old, 0.0, 0.1, 1.0). After the end of the archive
 * everything is ignored, as tar does, up to 64 MiB. Errors are `invalid`.
 */
export class TarDecoder {
  readonly #handler: TarHandler;
  readonly #block = new HeaderBlock();
  #filled = 0;
  #state: State = 'header';
  #left = 0;
  #padding = 0;
  #extension: { flag: string; parts: Buffer[] } | undefined;
  #longName: string | undefined;
  #longLink: string | undefined;
  #global: PaxRecords = new Map();
  #local: PaxRecords | undefined;
  #sparse: SparseState | undefined;
  #raw: RawHeader | undefined;
  #sawEnd = false;
  #trailingBytes = 0;
  /** Bytes of the chunks before this one, and of the archive up to the end of the block at hand. */
  #before = 0;
  #position = 0;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** Whether the mark of the end was read. */
  get ended(): boolean {
    return this.#state === 'ended';
  }

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#state !== 'ended') {
      if (this.#state === 'body') at = this.#body(chunk, at);
      else if (this.#state === 'padding') at = this.#skip(chunk, at);
      else if (this.#state === 'extension') at = this.#extend(chunk, at);
      else at = this.#blockwise(chunk, at);
    }
    this.#before += chunk.length;
    this.#trailingBytes += chunk.length - at;
    if (this.#trailingBytes > maxTrailingBytes) throw new GantryError('invalid', 'invalid archive: more than 64 MiB follow its end');
  }

  /** @throws invalid when the archive ends in the middle of a member. A missing end mark is accepted, as tar does. */
  end(): void {
    if (this.#state === 'ended' || (this.#state === 'header' && this.#filled === 0 && !this.#pending())) return;
    throw new GantryError('invalid', 'unexpected EOF: the archive is truncated');
  }

  #pending(): boolean {
    return this.#local !== undefined || this.#longName !== undefined || this.#longLink !== undefined;
  }

  #body(chunk: Buffer, at: number): number {
    const take = Math.min(this.#left, chunk.length - at);
    this.#handler.body?.(take === chunk.length ? chunk : chunk.subarray(at, at + take));
    this.#left -= take;
    if (this.#left === 0) this.#finishEntry();
    return at + take;
  }

  #finishEntry(): void {
    this.#handler.entryEnd?.();
    this.#state = this.#padding > 0 ? 'padding' : 'header';
  }

  #skip(chunk: Buffer, at: number): number {
    const take = Math.min(this.#padding, chunk.length - at);
    this.#padding -= take;
    if (this.#padding === 0) this.#state = 'header';
    return at + take;
  }

  #extend(chunk: Buffer, at: number): number {
    const take = Math.min(this.#left, chunk.length - at);
    this.#extension?.parts.push(Buffer.from(chunk.subarray(at, at + take)));
    this.#left -= take;
    if (this.#left === 0) this.#finishExtension();
    return at + take;
  }

  #finishExtension(): void {
    const { flag, parts } = this.#extension as { flag: string; parts: Buffer[] };
    const bytes = Buffer.concat(parts);
    this.#extension = undefined;
    this.#state = this.#padding > 0 ? 'padding' : 'header';
    if (flag === 'L') this.#longName = untilZero(bytes);
    else if (flag === 'K') this.#longLink = untilZero(bytes);
    else if (flag === 'x') this.#local = parsePax(bytes);
    else for (const [key, value] of parsePax(bytes)) this.#global.set(key, value);
  }

  #blockwise(chunk: Buffer, at: number): number {
    const take = Math.min(blockSize - this.#filled, chunk.length - at);
    chunk.copy(this.#block.bytes, this.#filled, at, at + take);
    this.#filled += take;
    if (this.#filled < blockSize) return at + take;
    this.#filled = 0;
    this.#position = this.#before + at + take;
    if (this.#state === 'header') this.#header();
    else this.#sparseBlock(this.#block.bytes);
    return at + take;
  }

  #header(): void {
    const raw = parseHeader(this.#block);
    if (raw === undefined) {
      // Two zero blocks end an archive; one alone is tolerated when more members follow.
      if (this.#sawEnd) this.#state = 'ended';
      this.#sawEnd = true;
      return;
    }
    this.#sawEnd = false;
    if ('LKxg'.includes(raw.typeFlag)) return this.#beginExtension(raw);
    this.#raw = raw;
    if (raw.typeFlag === 'S') {
      this.#sparse = oldGnuMap(this.#block.bytes);
      if (this.#sparse.more) {
        this.#state = 'oldSparse';
        return;
      }
    }
    this.#announce();
  }

  #beginExtension(raw: RawHeader): void {
    if (raw.size < 0 || raw.size > maxExtensionBytes) throw new GantryError('invalid', `archive/tar: invalid tar header: an extension of ${raw.size} bytes`);
    this.#extension = { flag: raw.typeFlag, parts: [] };
    this.#left = raw.size;
    this.#padding = paddingOf(raw.size);
    this.#state = 'extension';
    if (raw.size === 0) this.#finishExtension();
  }

  #sparseBlock(block: Buffer): void {
    const sparse = this.#sparse as SparseState;
    if (this.#state === 'oldSparse') {
      if (oldGnuExtension(sparse, block)) this.#announce();
      return;
    }
    this.#left -= blockSize;
    if (this.#left < 0) throw new GantryError('invalid', 'archive/tar: invalid tar header: broken sparse map');
    if (sparseMapInBody(sparse, block)) this.#announceEntry(this.#left);
  }

  #announce(): void {
    const raw = this.#raw as RawHeader;
    if (entryTypes[raw.typeFlag] === undefined) throw new GantryError('invalid', `unsupported tar member type ${JSON.stringify(raw.typeFlag)}: ${raw.name.slice(0, 200)}`);
    const records = this.#records();
    const size = raw.type !== 'file' ? 0 : records.size === 0 ? raw.size : (paxNumber(records, 'size') ?? raw.size);
    if (!Number.isSafeInteger(size) || size < 0) throw new GantryError('invalid', 'archive/tar: invalid tar header: negative size');
    this.#padding = paddingOf(size);
    const inPax = raw.typeFlag === 'S' || records.size === 0 ? undefined : paxSparseMap(records);
    if (inPax !== undefined) this.#sparse = inPax;
    if (inPax?.mapInBody === true) {
      this.#left = size;
      this.#state = 'sparseMap';
      return;
    }
    this.#announceEntry(size);
  }

  #announceEntry(size: number): void {
    const entry = this.#entry(size);
    this.#local = this.#longName = this.#longLink = this.#sparse = undefined;
    this.#left = size;
    this.#handler.entry(entry, this.#position);
    this.#state = 'body';
    if (size === 0) this.#finishEntry();
  }

  #records(): PaxRecords {
    if (this.#local === undefined) return this.#global;
    return this.#global.size === 0 ? this.#local : new Map([...this.#global, ...this.#local]);
  }

  /** The header's own words, and over them those of the extensions. */
  #entry(size: number): TarEntry {
    const entry = this.#raw as RawHeader;
    entry.size = entry.realSize = size;
    if (this.#longName !== undefined) entry.name = this.#longName;
    if (this.#longLink !== undefined) entry.linkName = this.#longLink;
    const records = this.#records();
    if (records.size > 0) extend(entry, records);
    const sparse = this.#sparse;
    if (sparse !== undefined) {
      verifySparse(sparse, size);
      entry.name = sparse.name ?? entry.name;
      entry.realSize = sparse.realSize;
      entry.sparse = sparse.parts;
    }
    if (entry.name.includes('\0') || entry.linkName.includes('\0')) throw new GantryError('invalid', 'archive/tar: invalid tar header: a name holds a zero byte');
    entry.uid = ownerOf(entry.uid);
    entry.gid = ownerOf(entry.gid);
    // Before ustar a directory was a file whose name ends in a slash.
    if (entry.typeFlag === '0' && entry.name.endsWith('/')) entry.type = 'directory';
    return entry;
  }
}

/** What pax says of a member counts before what its header does. */
function extend(entry: RawHeader, records: PaxRecords): void {
  const string = (key: string): string | undefined => {
    const value = records.get(key);
    return value === undefined ? undefined : decodeName(value);
  };
  entry.name = string('path') ?? entry.name;
  entry.linkName = string('linkpath') ?? entry.linkName;
  entry.uid = paxNumber(records, 'uid') ?? entry.uid;
  entry.gid = paxNumber(records, 'gid') ?? entry.gid;
  const time = string('mtime');
  if (time !== undefined) entry.mtime = parsePaxTime(time);
  entry.xattrs = xattrsOf(records);
}

/** Archivers write owners that are signed to them with a sign. @throws invalid for what 32 bits cannot hold: cut off it could be root */
function ownerOf(value: number): number {
  if (value >= -(2 ** 31) && value < 2 ** 32) return value >>> 0;
  throw new GantryError('invalid', `archive/tar: invalid tar header: ${value} is no owner`);
}

function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return decodeName(end < 0 ? bytes : bytes.subarray(0, end));
}

function verifySparse(sparse: SparseState, size: number): void {
  let end = 0;
  let total = 0;
  for (const part of sparse.parts) {
    if (part.offset < end || part.size < 0) throw new GantryError('invalid', 'archive/tar: invalid tar header: broken sparse map');
    end = part.offset + part.size;
    total += part.size;
  }
  if (end > sparse.realSize || total !== size) throw new GantryError('invalid', 'archive/tar: invalid tar header: broken sparse map');
}

/** star's and GNU tar's prefix holds bytes; libarchive's own holds base64 with a percent-encoded name. */
function xattrsOf(records: PaxRecords): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const [key, value] of records) {
    if (key.startsWith('LIBARCHIVE.xattr.')) found.set(decodeURIComponent(key.slice(17)), Buffer.from(value.toString('latin1'), 'base64'));
  }
  for (const [key, value] of records) if (key.startsWith('SCHILY.xattr.')) found.set(key.slice(13), value);
  return found;
}
