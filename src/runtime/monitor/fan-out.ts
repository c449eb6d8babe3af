import type { Socket } from 'node:net';
import { atMost } from '../../base/at-most.ts';
import type { AttachRequest } from '../driver/runtime.ts';
import { frameHeader, type OutputStream } from './stream-frames.ts';

/** Bytes that may wait for one attachment before the container's output is no longer read. */
const waitingBytes = 256 * 1024;

/**
 * Copies output to every attachment. A slow one holds the source back, as with Docker: dropping would corrupt what it reads and
 * buffering has no bound, so the container blocks in write(2) once its FIFO is full. When the attachment goes, so does the hold.
 */
export class FanOut {
  readonly #members = new Map<Socket, AttachRequest>();
  readonly #slow = new Set<Socket>();
  readonly #framed: boolean;
  readonly #hold: (held: boolean) => void;

  constructor(framed: boolean, hold: (held: boolean) => void) {
    this.#framed = framed;
    this.#hold = hold;
  }

  add(socket: Socket, request: AttachRequest): void {
    this.#members.set(socket, request);
    socket.on('drain', () => this.#release(socket));
    socket.once('close', () => {
      this.#members.delete(socket);
      this.#release(socket);
    });
  }

  write(stream: OutputStream, chunk: Buffer): void {
    for (const socket of this.#members.keys()) this.writeTo(socket, stream, chunk);
  }

  /** To one attachment alone, when it wants this stream. */
  writeTo(socket: Socket, stream: OutputStream, chunk: Buffer | undefined): void {
    const request = this.#members.get(socket);
    if (chunk === undefined || chunk.length === 0 || request === undefined || !(stream === 1 ? request.stdout : request.stderr) || socket.writableEnded) return;
    if (this.#framed) {
      socket.cork();
      socket.write(frameHeader(stream, chunk.length));
      socket.write(chunk);
      socket.uncork();
    } else {
      socket.write(chunk);
    }
    if (socket.writableLength > waitingBytes) this.#block(socket);
  }

  /** Ends every attachment after what it still has to read, and resolves when the kernel has it all, or after `patienceMs`. */
  async end(patienceMs: number): Promise<void> {
    if (this.#members.size === 0) return;
    await atMost(patienceMs, Promise.all([...this.#members.keys()].map((socket) => endOf(socket))));
  }

  #block(socket: Socket): void {
    if (this.#slow.size === 0) this.#hold(true);
    this.#slow.add(socket);
  }

  #release(socket: Socket): void {
    if (this.#slow.delete(socket) && this.#slow.size === 0) this.#hold(false);
  }
}

function endOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.end(() => resolve());
  });
}
