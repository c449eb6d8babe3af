import { openSync, readSync, closeSync } from 'node:fs';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { startWriting } from '../../host/files.ts';

const tick = 0;
const state = 1;
const readKib = 2;
const growing = 0;
const complete = 1;
const broken = 2;

/**
 * A file that is still being written, told across threads: the writer says that it grew, readers follow it to its end. Shared memory
 * only, no messages; a slow reader never slows the writer.
 */
export class Growth {
  /** What travels to another thread. */
  readonly cells: Int32Array<SharedArrayBuffer>;

  constructor(cells = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))) {
    this.cells = cells;
  }

  /** More bytes are in the file. */
  grew(): void {
    Atomics.add(this.cells, tick, 1);
    Atomics.notify(this.cells, tick);
  }

  /** All bytes are in the file. */
  complete(): void {
    this.#end(complete);
  }

  /** There will be no more, and those that are there are worth nothing. */
  break(): void {
    this.#end(broken);
  }

  get isComplete(): boolean {
    return Atomics.load(this.cells, state) === complete;
  }

  get isBroken(): boolean {
    return Atomics.load(this.cells, state) === broken;
  }

  /** Bytes that the furthest reader has seen, to the KiB. */
  get readBytes(): number {
    return Atomics.load(this.cells, readKib) * 1024;
  }

  #end(how: number): void {
    Atomics.compareExchange(this.cells, state, growing, how);
    this.grew();
  }
}

/** A blob that holds a layer: a file, or one that still grows and is renamed to `movedTo` in the end. */
export interface LayerFile {
  file: string;
  movedTo?: string;
  growth?: Int32Array<SharedArrayBuffer>;
}

export type GrowingFile = LayerFile & Required<Pick<LayerFile, 'growth'>>;

const chunkBytes = 1 << 18;
/** So much of a large blob goes to the disk at a time while more comes, and the rest at its end: who waits for the disk in the end waits little. */
const writeBytes = 32 << 20;

/** Each chunk is valid until the next is asked for. `cancelled` is looked at when the file has grown, or somebody has called wakeReaders(). */
export async function* readLayerFile({ file, movedTo, growth }: LayerFile, cancelled = (): boolean => false): AsyncGenerator<Buffer> {
  const fd = openMoved(file, movedTo);
  try {
    if (growth === undefined) yield* whole(fd);
    else yield* follow(fd, growth, cancelled);
  } finally {
    closeSync(fd);
  }
}

function* whole(fd: number): Generator<Buffer> {
  const chunk = Buffer.allocUnsafeSlow(chunkBytes);
  for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) yield chunk.subarray(0, length);
}

/** Readers that wait for more look around: one of them may have been told to stop. */
export function wakeReaders({ growth }: LayerFile): void {
  if (growth === undefined) return;
  Atomics.add(growth, tick, 1);
  Atomics.notify(growth, tick);
}

/** The file is open before its new name matters, so that a rename in between loses nothing. */
function openMoved(file: string, movedTo: string | undefined): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || movedTo === undefined) throw error;
    return openSync(movedTo, 'r');
  }
}

async function* follow(fd: number, cells: Int32Array<SharedArrayBuffer>, cancelled: () => boolean): AsyncGenerator<Buffer> {
  const chunk = Buffer.allocUnsafeSlow(chunkBytes);
  for (let [position, asked] = [0, 0]; ;) {
    // In this order: what was there before the end was told is read before the end is believed.
    const seen = Atomics.load(cells, tick);
    const now = Atomics.load(cells, state);
    if (now === broken) throw new Error('the layer did not come whole');
    if (cancelled()) throw new GantryError('cancelled', 'unpacking was cancelled');
    const length = readSync(fd, chunk, 0, chunk.length, position);
    if (length > 0) {
      position += length;
      if (position - asked >= writeBytes) {
        startWriting(fd, asked, position - asked);
        asked = position;
      }
      Atomics.store(cells, readKib, Math.max(Atomics.load(cells, readKib), Math.ceil(position / 1024)));
      yield chunk.subarray(0, length);
    } else if (now === complete) {
      if (position > asked) startWriting(fd, asked, position - asked);
      return;
    } else {
      const waiting = Atomics.waitAsync(cells, tick, seen);
      if (waiting.async) await waiting.value;
    }
  }
}
