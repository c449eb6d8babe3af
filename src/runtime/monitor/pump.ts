import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import { errnoOf } from '../../base/errors.ts';

/** At most this much is taken from a FIFO after its owner ended: no pipe holds more without privileges. */
const drainBytes = 1024 * 1024;

/** A chunk that took the sink longer than this is followed by a rest as long as it took. */
const longMs = 4;

/**
 * Reads one FIFO or pty master and hands each chunk on. The descriptor belongs to the pump from here on. A flood of short lines, or a log
 * on a slow disk, rests in between: half of the monitor's time stays for the streams of the other containers.
 */
export class Pump {
  readonly ended: Promise<void>;
  readonly #stream: Socket;
  readonly #descriptor: number;
  readonly #sink: (chunk: Buffer) => void;
  #closed = false;
  #held = false;
  #rest: NodeJS.Timeout | undefined;

  constructor(descriptor: number, kind: 'fifo' | 'terminal', sink: (chunk: Buffer) => void) {
    this.#descriptor = descriptor;
    this.#sink = sink;
    this.#stream = kind === 'terminal' ? new ReadStream(descriptor) : new Socket({ fd: descriptor, readable: true, writable: false });
    this.#stream.on('data', (chunk: Buffer) => this.#handOn(chunk));
    // A pty master gives EIO when its other side closes: that is its end.
    this.#stream.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.#stream.once('close', () => {
      this.#closed = true;
      clearTimeout(this.#rest);
      resolve();
    }));
    this.#stream.resume();
  }

  /** For a terminal: what it reads from us. */
  get stream(): Socket {
    return this.#stream;
  }

  pause(): void {
    this.#held = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#held = false;
    if (this.#rest === undefined) this.#stream.resume();
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

  #handOn(chunk: Buffer): void {
    const began = performance.now();
    this.#sink(chunk);
    const tookMs = performance.now() - began;
    if (tookMs < longMs || this.#rest !== undefined) return;
    this.#stream.pause();
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      if (!this.#held) this.#stream.resume();
    }, tookMs);
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

