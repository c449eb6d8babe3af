import { readFileSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';

let known: string | undefined;

/** The memory nodes that are online, as the kernel lists them: `0` or `0-1`. `0` on a kernel without NUMA. */
export function memoryNodes(): string {
  return (known ??= read());
}

function read(): string {
  try {
    return readFileSync('/sys/devices/system/node/online', 'utf8').trim();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return '0';
  }
}
