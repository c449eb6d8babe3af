import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { GantryError, messageOf } from '../../base/errors.ts';
import type { Extracted } from './extract-job.ts';
import { wakeReaders, type LayerFile } from './growth.ts';
import type { WorkerJob, WorkerReply } from './worker-protocol.ts';

/** Long enough to serve what is pulled one after the other: a thread is quick only once V8 has seen what it does. */
const idleMs = 30_000;

interface LayerRequest { source: Readable | LayerFile; maxBytes?: number; signal?: AbortSignal }
export interface ExtractRequest extends LayerRequest, ExtractPlace {
  directory: string;
  whiteouts: 'overlay' | 'none';
  /** Everything is on disk when it resolves; so unless told. */
  sync?: boolean;
}
/** See ExtractOptions. */
interface ExtractPlace { into?: readonly string[]; owner?: { uid: number; gid: number }; keepKinds?: boolean }
export interface IndexRequest extends LayerRequest { folder: string }
type ExtractTask = Pick<Extract<WorkerJob, { kind: 'extract' }>, 'kind' | 'directory' | 'whiteouts' | 'sync' | 'into' | 'owner' | 'keepKinds'>;
type IndexTask = Pick<Extract<WorkerJob, { kind: 'index' }>, 'kind' | 'folder'>;

/** A few threads for extraction and removal; started when there is work, ended when there was none for a while. */
export class ExtractionWorkers {
  readonly #limit: number;
  readonly #idle: Worker[] = [];
  readonly #waiting: ((worker: Worker) => void)[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limit = Math.min(4, Math.max(2, availableParallelism()))) {
    this.#limit = limit;
  }

  extract({ directory, whiteouts, sync = true, into, owner, keepKinds, ...request }: ExtractRequest): Promise<Extracted> {
    return this.#consume(request, { kind: 'extract', directory, whiteouts, sync, ...(into && { into }), ...(owner && { owner }), ...(keepKinds && { keepKinds }) });
  }

  index({ folder, ...request }: IndexRequest): Promise<Extracted> {
    return this.#consume(request, { kind: 'index', folder });
  }

  async #consume(request: LayerRequest, what: ExtractTask | IndexTask): Promise<Extracted> {
    const { source, maxBytes = Infinity, signal } = request;
    const cancelled = new Int32Array(new SharedArrayBuffer(4));
    const job = { ...what, maxBytes, cancelled };
    signal?.throwIfAborted();
    const onAbort = (): void => {
      Atomics.store(cancelled, 0, 1);
      if ('file' in source) wakeReaders(source);
    };
    signal?.addEventListener('abort', onAbort);
    try {
      if ('file' in source) return (await this.#run({ ...job, source })) as Extracted;
      const { port1, port2 } = new MessageChannel();
      feed(source, port1, signal);
      return (await this.#run({ ...job, source: 'port', port: port2 })) as Extracted;
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async removeTree(path: string): Promise<void> {
    await this.#run({ kind: 'remove', path });
  }

  /** See LayerForm.inherit. */
  async inherit(what: Omit<Extract<WorkerJob, { kind: 'inherit' }>, 'kind'>): Promise<void> {
    await this.#run({ kind: 'inherit', ...what });
  }

  /** Files and directories by themselves, and the filesystem that holds `tree`, are on disk when it resolves. */
  async sync(what: { files: readonly string[]; tree?: string }): Promise<void> {
    await this.#run({ kind: 'sync', ...what });
  }

  /** Copies a directory's contents into an empty one: see copyTree. A descriptor is named as `/proc/self/fd/<number>`. */
  async copyTree(from: string, to: string): Promise<void> {
    await this.#run({ kind: 'copy', from, to });
  }

  /** Ends all threads. Jobs under way fail. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#idle.splice(0).map((worker) => worker.terminate()));
  }

  async #run(job: WorkerJob): Promise<Extracted | undefined> {
    const worker = await this.#take();
    let usable = true;
    try {
      return await ask(worker, job);
    } catch (error) {
      // A thread that died is not used again.
      usable = !(error instanceof WorkerGone);
      throw error instanceof WorkerGone ? error.cause : error;
    } finally {
      this.#giveBack(worker, usable);
    }
  }

  #take(): Worker | Promise<Worker> {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      idle.ref();
      return idle;
    }
    if (this.#count >= this.#limit) return new Promise((settle) => this.#waiting.push(settle));
    this.#count++;
    return start();
  }

  #giveBack(worker: Worker, usable: boolean): void {
    const next = this.#waiting.shift();
    if (!usable) {
      if (next === undefined) this.#count--;
      else next(start());
      return;
    }
    if (next !== undefined) return next(worker);
    worker.unref();
    this.#idle.push(worker);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#endIdle(), idleMs).unref();
  }

  #endIdle(): void {
    for (const worker of this.#idle.splice(0)) {
      this.#count--;
      void worker.terminate();
    }
  }
}

class WorkerGone extends Error {}

function start(): Worker {
  return new Worker(new URL('./extract.worker.ts', import.meta.url), { name: 'gantry-extract', trackUnmanagedFds: false });
}

function ask(worker: Worker, job: WorkerJob): Promise<Extracted | undefined> {
  return new Promise((settle, fail) => {
    const gone = (cause: unknown): void => {
      done();
      fail(new WorkerGone('worker ended', { cause }));
    };
    const onExit = (code: number): void => gone(new GantryError('internal', `extraction worker ended with code ${code}`));
    const onMessage = (reply: WorkerReply): void => {
      done();
      if (reply.ok) settle(reply.extracted);
      else fail(fromReply(reply));
    };
    const done = (): void => {
      worker.off('message', onMessage).off('error', gone).off('exit', onExit);
    };
    worker.on('message', onMessage).on('error', gone).on('exit', onExit);
    worker.postMessage(job, 'port' in job && job.port !== undefined ? [job.port] : []);
  });
}

function fromReply(reply: Extract<WorkerReply, { ok: false }>): Error {
  const cause = reply.code === undefined ? undefined : Object.assign(new Error(reply.message), { code: reply.code });
  return new GantryError(reply.kind, reply.message, { cause, ...(reply.hint === undefined ? {} : { hint: reply.hint }) });
}

/** One chunk for each `more`, so that a slow disk slows the sender. */
function feed(source: Readable, port: MessagePort, signal: AbortSignal | undefined): void {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const onAbort = (): void => port.postMessage('cancelled');
  signal?.addEventListener('abort', onAbort);
  port.on('message', (word: 'more' | 'stop') => {
    if (word === 'stop') {
      signal?.removeEventListener('abort', onAbort);
      port.close();
      source.destroy();
      return;
    }
    chunks.next().then(
      ({ done, value }) => port.postMessage(done === true ? null : value),
      (error: unknown) => port.postMessage(messageOf(error)),
    );
  });
}
