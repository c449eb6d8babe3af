import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { parentPort, type MessagePort } from 'node:worker_threads';
import { isGantryError, messageOf } from '../../base/errors.ts';
import { copyTree } from '../../host/copy-tree.ts';
import { startWriting, syncFilesystem } from '../../host/files.ts';
import { indexAgain, indexStream } from './erofs/index-job.ts';
import { extractFile, extractStream, type Extracted } from './extract-job.ts';
import { inheritAttributes } from './implied-directories.ts';
import { removeTree } from './remove-tree.ts';
import type { WorkerJob, WorkerReply } from './worker-protocol.ts';

/** The thread that touches layers: the disk never blocks the daemon's loop. One job at a time. */
const port = parentPort as MessagePort;

port.on('message', (job: WorkerJob) => {
  void run(job).then((reply) => port.postMessage(reply));
});

async function run(job: WorkerJob): Promise<WorkerReply> {
  try {
    if (job.kind === 'remove') {
      removeTree(job.path);
      return { ok: true };
    }
    if (job.kind === 'copy') {
      copy(job.from, job.to);
      return { ok: true };
    }
    if (job.kind === 'sync') {
      syncFiles(job.files);
      if (job.tree !== undefined) sync(job.tree);
      return { ok: true };
    }
    if (job.kind === 'inherit') {
      if (job.form === 'erofs') await indexAgain(job.folder, job);
      else inheritAttributes(job.folder, job.implied, job.lowers);
      return { ok: true };
    }
    if (job.kind === 'index') return { ok: true, extracted: await indexLayer(job) };
    const options = { ...job, cancelled: () => Atomics.load(job.cancelled, 0) !== 0 };
    const extracted = job.source === 'port'
      ? await extractStream(fromPort(job.port as MessagePort), job.directory, options)
      : await extractFile(job.source, job.directory, options);
    if (job.sync) sync(job.directory);
    return { ok: true, extracted };
  } catch (error) {
    const known = isGantryError(error);
    const code = (error as { code?: unknown }).code;
    return {
      ok: false,
      kind: known ? error.kind : 'internal',
      message: messageOf(error),
      ...(known && error.hint !== undefined ? { hint: error.hint } : {}),
      ...(typeof code === 'string' ? { code } : {}),
    };
  }
}

async function indexLayer(job: Extract<WorkerJob, { kind: 'index' }>): Promise<Extracted> {
  const options = { maxBytes: job.maxBytes, cancelled: () => Atomics.load(job.cancelled, 0) !== 0 };
  return await indexStream(job.source === 'port' ? fromPort(job.port as MessagePort) : job.source, job.folder, options);
}

function copy(from: string, to: string): void {
  const source = openSync(from, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const target = openSync(to, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      copyTree(source, target);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

/** First all are asked for, then each is waited for: the disk has them all at once, and one commit of the journal does for most. */
function syncFiles(files: readonly string[]): void {
  const open: number[] = [];
  try {
    for (const file of files) open.push(openSync(file, constants.O_RDONLY));
    for (const fd of open) startWriting(fd);
    for (const fd of open) fsyncSync(fd);
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

/** Once for the whole layer: thousands of fsyncs would cost seconds. */
function sync(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    syncFilesystem(fd);
  } finally {
    closeSync(fd);
  }
}

/** Chunks come one for each time they are asked for; null ends, a string is the sender's failure. */
function fromPort(port: MessagePort): Readable {
  const stream = new Readable({
    highWaterMark: 1 << 18,
    read: () => port.postMessage('more'),
    destroy: (error, callback) => {
      port.postMessage('stop');
      port.close();
      callback(error);
    },
  });
  port.on('message', (chunk: Uint8Array | null | string) => {
    if (typeof chunk === 'string') stream.destroy(new Error(chunk));
    else stream.push(chunk === null ? null : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  });
  return stream;
}
