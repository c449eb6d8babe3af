import { Worker } from 'node:worker_threads';
import { GantryError } from '../../base/errors.ts';
import type { JobAnswer, JobMessage, SandboxJob, Wire } from './jobs.ts';

interface Waiting { resolve: (wire: Wire | undefined) => void; reject: (error: unknown) => void }

/** The sandbox worker, started at the first job. It does not keep the process alive. */
export class SandboxWorker {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #number = 0;

  /** Resolves when the job is done, with the wire that was asked for. @throws GantryError internal with the errno as its cause's code */
  async do(job: SandboxJob): Promise<Wire | undefined> {
    const worker = (this.#worker ??= this.#start());
    const number = ++this.#number;
    const done = Promise.withResolvers<Wire | undefined>();
    this.#waiting.set(number, done);
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage({ number, job } satisfies JobMessage);
    return await done.promise;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./sandbox.worker.ts', import.meta.url), { execArgv: [] });
    worker.on('message', ({ number, wire, error }: JobAnswer) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (this.#waiting.size === 0) worker.unref();
      if (error === undefined) waiting?.resolve(wire);
      else waiting?.reject(new GantryError('internal', error.message, { cause: { code: error.code } }));
    });
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new Error('the sandbox worker ended')));
    worker.unref();
    return worker;
  }

  /** The next job starts a new worker. The end of one that has been replaced says nothing. */
  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new GantryError('internal', `sandbox worker: ${error.message}`, { cause: error }));
    this.#waiting.clear();
  }
}
