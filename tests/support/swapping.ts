import { Worker } from 'node:worker_threads';

/** Exchanges two names without a pause until disposed. */
export function swapping(directory: string, one: string, other: string): AsyncDisposable & { rounds: () => number } {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const files = new URL('../../src/host/files.ts', import.meta.url).href;
  const worker = new Worker(`
    const { workerData } = require('node:worker_threads');
    const { openSync, closeSync } = require('node:fs');
    import(workerData.files).then(({ renameAt2 }) => {
      const directory = openSync(workerData.directory, 0);
      while (Atomics.load(workerData.shared, 0) === 0) {
        renameAt2({ directory, name: workerData.one }, { directory, name: workerData.other }, 'exchange');
        Atomics.add(workerData.shared, 1, 1);
      }
      closeSync(directory);
    });`, { eval: true, workerData: { shared, directory, one, other, files } });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  return {
    rounds: () => Atomics.load(shared, 1),
    async [Symbol.asyncDispose]() {
      Atomics.store(shared, 0, 1);
      await ended;
    },
  };
}
