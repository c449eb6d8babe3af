import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { HostError } from './ffi.ts';
import { mount } from './mount.ts';
import type { WaitingMount, WaitingMountReply } from './mount-waiting.ts';

const port = parentPort as MessagePort;
const { source, target, ...options } = workerData as WaitingMount;
let reply: WaitingMountReply = { errno: 0 };
try {
  mount(source, target, options);
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  reply = { errno: error.errno };
}
port.postMessage(reply);
