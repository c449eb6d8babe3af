import { Agent } from 'node:http';
import type { NetConnectOpts, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const bufferBytes = 1 << 18;

/**
 * Reads all its connections into one buffer, which the HTTP parser copies bodies out of before the next read. Node's own way allocates 64 KiB
 * for each read, which costs several times the reading: the collector marks the whole heap each time some megabytes have come.
 */
export class OneBufferAgent extends Agent {
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);

  override createConnection(options: NetConnectOpts, onCreate?: (error: Error | null, stream: Duplex) => void): Duplex | null | undefined {
    const callback = (bytes: number, buffer: Uint8Array): boolean => {
      socket.emit('data', buffer.subarray(0, bytes));
      return true;
    };
    const socket = super.createConnection({ ...options, onread: { buffer: this.#buffer, callback } } as NetConnectOpts, onCreate) as Socket;
    return socket;
  }
}
