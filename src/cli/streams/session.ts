import type { Duplex } from 'node:stream';
import type { Context } from '../context.ts';
import { frames, type Channel } from './demultiplex.ts';
import { DetachWatch } from './detach-keys.ts';
import { rawMode } from './terminal.ts';

export interface SessionOptions {
  stream: Duplex;
  /** The other side has a terminal: one channel, raw mode here. */
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  detachKeys: Buffer;
}

export type SessionEnd = 'closed' | 'detached';

/**
 * Joins the local streams to a process until its output ends or the detach keys are typed. The end of stdin closes only that half of
 * the connection. Resolves when everything that came has been written.
 */
export async function session(context: Context, options: SessionOptions): Promise<SessionEnd> {
  const { stream } = options;
  using _raw = options.stdin && options.tty ? await rawMode(context) : undefined;
  const { promise: detached, resolve: detach } = Promise.withResolvers<SessionEnd>();
  // Without stdin nothing is ever sent; the half stays open, since some engines take its end for the end of the session.
  const stopInput = options.stdin ? pumpInput(context, options, () => detach('detached')) : undefined;
  const output = pumpOutput(context, options).then((): SessionEnd => 'closed');
  try {
    return await Promise.race([output, detached]);
  } finally {
    stopInput?.();
    stream.destroy();
    output.catch(() => undefined);
  }
}

function pumpInput(context: Context, { stream, tty, detachKeys }: SessionOptions, detach: () => void): () => void {
  const { stdin } = context;
  const watch = tty && stdin.isTTY ? new DetachWatch(detachKeys) : undefined;
  const onData = (chunk: Buffer): void => {
    const { pass, detached } = watch?.feed(chunk) ?? { pass: chunk, detached: false };
    if (pass.length > 0 && !stream.write(pass)) {
      stdin.pause();
      stream.once('drain', () => stdin.resume());
    }
    if (detached) detach();
  };
  const onEnd = (): void => { stream.end(); };
  stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
  return () => {
    stdin.off('data', onData).off('end', onEnd).off('error', onEnd);
    stdin.pause();
  };
}

async function pumpOutput(context: Context, { stream, tty, stdout, stderr }: SessionOptions): Promise<void> {
  const wanted: Record<Channel, boolean> = { stdout, stderr };
  if (tty) {
    for await (const chunk of received(stream)) if (stdout || stderr) await write(context.stdout, chunk);
    return;
  }
  for await (const [channel, bytes] of frames(received(stream))) if (wanted[channel]) await write(context[channel], bytes);
}

/** A reset after the last byte is an end like any other. */
async function* received(stream: Duplex): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch (error) {
    if (!['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Waits where the reader is slower than the container. */
export function write(target: NodeJS.WriteStream, bytes: Uint8Array | string): Promise<void> | void {
  if (target.write(bytes)) return undefined;
  return new Promise((resolve) => { target.once('drain', resolve); });
}
