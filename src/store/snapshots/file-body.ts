import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { GantryError } from '../../base/errors.ts';
import type { TarEntry } from '../../base/tar/entry.ts';
import { fsetXattr, futimes } from '../../host/files.ts';
import { isZeros } from '../../host/holes.ts';
import { setAttributes } from './entry-attributes.ts';

/** A regular file that an archive is filling, plain or with holes. */
export class FileBody {
  readonly entry: TarEntry;
  readonly #fd: number;
  #part = 0;
  #written = 0;

  constructor(fd: number, entry: TarEntry) {
    this.#fd = fd;
    this.entry = entry;
  }

  write(chunk: Uint8Array): void {
    if (this.entry.sparse === undefined) this.#writePlain(chunk);
    else this.#writeParts(chunk, this.entry.sparse);
  }

  /** Attributes and times, once everything is written; then the file is closed, whatever happened. */
  end(): void {
    try {
      // What ends in a hole has no last byte yet.
      ftruncateSync(this.#fd, this.entry.realSize);
      setAttributes(this.entry, (name, value) => fsetXattr(this.#fd, name, value));
      futimes(this.#fd, this.entry.mtime.seconds, this.entry.mtime.nanoseconds);
    } finally {
      this.close();
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Zeros become a hole: a few bytes of an archive may say gigabytes of them. */
  #writePlain(chunk: Uint8Array): void {
    if (!isZeros(chunk)) writeWhole(this.#fd, chunk, this.#written);
    this.#written += chunk.length;
  }

  #writeParts(chunk: Uint8Array, parts: NonNullable<TarEntry['sparse']>): void {
    for (let at = 0; at < chunk.length;) {
      const part = parts[this.#part];
      if (part === undefined) throw new GantryError('invalid', 'archive/tar: invalid tar header: broken sparse map');
      const take = Math.min(part.size - this.#written, chunk.length - at);
      writeWhole(this.#fd, chunk.subarray(at, at + take), part.offset + this.#written);
      at += take;
      this.#written += take;
      if (this.#written === part.size) {
        this.#part++;
        this.#written = 0;
      }
    }
  }
}

function writeWhole(fd: number, chunk: Uint8Array, position: number): void {
  for (let done = 0; done < chunk.length;) done += writeSync(fd, chunk, done, chunk.length - done, position + done);
}
