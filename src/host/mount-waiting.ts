import { Worker } from 'node:worker_threads';
import { HostError } from './ffi.ts';

export interface WaitingMount { source: string; target: string; type: string; flags: number; data: string }
/** What the thread answers: an errno's number, 0 for success. */
export interface WaitingMountReply { errno: number }

/**
 * mount(2) of a filesystem that another machine serves: the call waits for that machine, so a thread of its own makes it, and
 * neither the loop nor libuv's few threads wait with it. @throws HostError
 */
export async function mountWaiting(request: WaitingMount): Promise<void> {
  const worker = new Worker(new URL('./mount-waiting.worker.ts', import.meta.url), { name: 'gantry-mount', workerData: request, trackUnmanagedFds: false });
  const { promise, resolve, reject } = Promise.withResolvers<WaitingMountReply>();
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`the mounting thread ended with code ${code}`)));
  const { errno } = await promise;
  if (errno !== 0) throw new HostError('mount', errno, request.target);
}
