import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, GantryError } from '../../base/errors.ts';
import type { ExitReport } from './runtime.ts';
import {
  encodeFrame, FrameReader, fromWireError, protocolVersion,
  type ExitFrame, type Hello, type HelloAnswer, type Operation, type Operations, type ReplyFrame,
} from '../monitor/protocol.ts';

const queueFullMs = 10;

/** Connects and says hello. `rest` is what came behind the answer. @throws ENOENT or ECONNREFUSED when no monitor answers */
export async function greet(path: string, hello: Hello): Promise<{ socket: Socket; answer: Exclude<HelloAnswer, { error: unknown }>; rest: FrameReader }> {
  const socket = await connected(path);
  socket.write(encodeFrame(hello));
  const rest = new FrameReader();
  const answer = await firstFrame(socket, rest) as HelloAnswer;
  if ('error' in answer) {
    socket.destroy();
    throw fromWireError(answer.error);
  }
  return { socket, answer, rest };
}

/** @throws ENOENT or ECONNREFUSED when nobody listens */
async function connected(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect({ path, allowHalfOpen: true });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      // The queue of those who wait to be taken is full. A UNIX socket that may not block is not told of the moment when it no longer is: connect(2).
      if (errnoOf(error) !== 'EAGAIN') throw error;
      await delay(queueFullMs);
    }
  }
}

function firstFrame(socket: Socket, reader: FrameReader): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new GantryError('unavailable', 'the monitor closed the connection', { cause: Object.assign(new Error('closed'), { code: 'ECONNRESET' }) }));
    const take = (chunk: Buffer): void => {
      reader.push(chunk);
      const frame = reader.next();
      if (frame === undefined) return;
      socket.pause();
      socket.off('data', take).off('close', gone).off('end', gone).off('error', reject);
      resolve(frame);
    };
    socket.on('data', take).on('close', gone).on('end', gone).on('error', reject);
  });
}

/** The monitor ended before it answered. */
export class MonitorLost extends GantryError {
  /** It had been asked: it may have done it. */
  readonly asked: boolean;

  constructor(asked: boolean) {
    super('unavailable', 'the monitor is gone');
    this.asked = asked;
  }
}

interface Pending { resolve: (output: unknown) => void; reject: (error: Error) => void }

/** One control connection: calls and their replies, and the exits that the monitor reports. */
export class ControlConnection {
  readonly monitorPid: number;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  #sequence = 0;

  constructor(greeted: Awaited<ReturnType<typeof greet>>, exited: (exit: ExitReport) => void) {
    const { socket, rest } = greeted;
    this.#socket = socket;
    this.monitorPid = greeted.answer.pid;
    const take = (): void => {
      for (let frame = rest.next(); frame !== undefined; frame = rest.next()) this.#take(frame as ReplyFrame | ExitFrame, exited);
    };
    this.closed = new Promise((resolve) => socket.once('close', () => {
      this.#fail();
      resolve();
    }));
    socket.on('data', (chunk: Buffer) => {
      rest.push(chunk);
      take();
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    // After the constructor's caller knows this connection: the first exits may be here already.
    queueMicrotask(() => {
      take();
      socket.resume();
    });
  }

  static async open(path: string, exited: (exit: ExitReport) => void): Promise<ControlConnection> {
    return new ControlConnection(await greet(path, { version: protocolVersion, kind: 'control' }), exited);
  }

  /** @throws what the monitor answers, or unavailable when it is gone before it does */
  async call<O extends Operation>(operation: O, input: Operations[O]['input']): Promise<Operations[O]['output']> {
    if (this.#socket.destroyed) {
      // Whoever asks again at once then asks the next monitor, and does not keep the loss itself from being noticed.
      await this.closed;
      throw new MonitorLost(false);
    }
    const sequence = ++this.#sequence;
    return new Promise((resolve, reject) => {
      this.#pending.set(sequence, { resolve: resolve as Pending['resolve'], reject });
      this.#socket.write(encodeFrame({ sequence, operation, input }));
    });
  }

  async close(): Promise<void> {
    this.#socket.end();
    this.#socket.destroySoon();
    await this.closed;
  }

  #take(frame: ReplyFrame | ExitFrame, exited: (exit: ExitReport) => void): void {
    if ('exit' in frame) return exited(frame.exit);
    const pending = this.#pending.get(frame.sequence);
    this.#pending.delete(frame.sequence);
    if ('error' in frame) pending?.reject(fromWireError(frame.error));
    else pending?.resolve(frame.output);
  }

  #fail(): void {
    for (const { reject } of this.#pending.values()) reject(new MonitorLost(true));
    this.#pending.clear();
  }
}
