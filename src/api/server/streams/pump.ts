import type { Duplex, Readable, Writable } from 'node:stream';
import { linger } from '../../../base/linger.ts';
import { DetachFilter } from './detach-keys.ts';
import { FrameFilter, streamNumber } from './frames.ts';
import { leaveWithClient } from './leave-with-client.ts';

export interface PumpOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
  /** Looked for in stdin, on a tty. */
  detachKeys?: Uint8Array;
  /** They came: the client is about to be let go. */
  detached?: (() => void) | undefined;
  /** The client gets the payload of frames alone. */
  unframe?: boolean;
}

/**
 * Joins a client's connection with the streams of a container. The client's end closes stdin, the container's end closes the
 * client's reading half; slow readers slow down the other side. Resolves when the connection is gone.
 */
export function pump(client: Duplex, container: Duplex, options: PumpOptions): Promise<void> {
  // It may have gone while the container's streams were made.
  if (client.destroyed) {
    container.destroy();
    return Promise.resolve();
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  client.once('close', () => {
    container.destroy();
    resolve();
  });
  client.on('error', () => client.destroy());
  container.on('error', () => client.destroy());
  pipeStdin(client, container, options);
  output(container, options).pipe(client);
  leaveWithClient(client, () => !options.stdin || container.writableFinished);
  container.once('end', () => linger(client));
  return promise;
}

function pipeStdin(client: Duplex, container: Duplex, { stdin, tty, detachKeys, detached }: PumpOptions): void {
  if (!stdin) {
    // Read on, so that the end of the connection is noticed.
    client.resume();
    return;
  }
  let source: Readable = client;
  if (tty && detachKeys !== undefined) {
    source = client.pipe(new DetachFilter(detachKeys)).once('detached', () => {
      detached?.();
      // What the container said before is still on its way to the client.
      container.destroy();
      client.end();
      linger(client);
    });
  }
  source.pipe(container as Writable);
}

function output(container: Duplex, { stdout, stderr, tty, unframe = false }: PumpOptions): Readable {
  if (tty && (stdout || stderr)) return container;
  if (tty) return container.pipe(new FrameFilter({ accepts: () => false }));
  if (stdout && stderr && !unframe) return container;
  const accepts = (stream: number): boolean =>
    stream === streamNumber.systemError || (stream === streamNumber.stdout ? stdout : stream === streamNumber.stderr && stderr);
  return container.pipe(new FrameFilter({ accepts, unframe }));
}
