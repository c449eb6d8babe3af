import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import { errnoOf } from '../../base/errors.ts';

/** At most this much is taken from a FIFO after its owner ended: no pipe holds more without privileges. */
const drainBytes = 1024 * 1024;

/** Reads one FIFO or pty master and hands each chunk on. The descriptor belongs to the pump from here on. */
export class Pump {
  readonly ended: Promise<void>;
  readonly #stream: Socket;
  readonly #descriptor: number;
  readonly #sink: (chunk: Buffer) => void;
  #closed = false;

  constructor(descriptor: number, kind: 'fifo' | 'terminal', sink: (chunk: Buffer) => void) {
    this.#descriptor = descriptor;
    this.#sink = sink;
    this.#stream = kind === 'terminal' ? new ReadStream(descriptor) : new Socket({ fd: descriptor, readable: true, writable: false });
    this.#stream.on('data', (chunk: Buffer) => sink(chunk));
    // A pty master gives EIO when its other side closes: that is its end.
    this.#stream.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.#stream.once('close', () => {
      this.#closed = true;
      resolve();
    }));
    this.#stream.resume();
  }

  /** For a terminal: what it reads from us. */
  get stream(): Socket {
    return this.#stream;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Hands on what is in the FIFO now, without waiting for more. */
  drain(): void {
    if (this.#closed || this.#stream.destroyed) return;
    this.#stream.pause();
    // read() emits 'data' too, also on a paused stream: the sink has the chunk by that.
    while (this.#stream.read() !== null) continue;
    const buffer = Buffer.allocUnsafe(64 * 1024);
    for (let total = 0; total < drainBytes;) {
      const length = readNow(this.#descriptor, buffer);
      if (length === 0) return;
      this.#sink(Buffer.from(buffer.subarray(0, length)));
      total += length;
    }
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** Bytes read; 0 at the end, when nothing is there, and for a terminal that nobody holds any more. */
function readNow(descriptor: number, buffer: Buffer): number {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null);
  } catch (error) {
    if (['EAGAIN', 'EIO'].includes(errnoOf(error) ?? '')) return 0;
    throw error;
  }
}

