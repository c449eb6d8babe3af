import { closeSync, constants, openSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { checked, libc } from './ffi.ts';

const mkfifo = libc.func('int mkfifo(const char *path, unsigned int mode)');

/** @throws HostError EEXIST */
export function makeFifo(path: string): void {
  checked(mkfifo(path, 0o600) as number, 'mkfifo', path);
}

export interface FifoPair {
  /** Blocking end for the container. */
  inside: number;
  /** Non-blocking end for us. */
  outside: number;
}

/**
 * A FIFO that the container writes. Its end is read-write, so that a dead reader raises no SIGPIPE and `/dev/stdout` can be opened
 * again; ours is read-only, so that we see the end when the last process inside is gone.
 */
export function openOutputFifo(path: string): FifoPair {
  const outside = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return withUndo(outside, () => ({ inside: openSync(path, constants.O_RDWR), outside }));
}

/** Our end of an output FIFO again, after the process that held it died. */
export function reopenOutputFifo(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** A FIFO that the container reads. Its end is read-only, so that it sees the end of input when we close ours. */
export function openInputFifo(path: string): FifoPair {
  const keeper = openSync(path, constants.O_RDWR);
  try {
    const inside = openSync(path, constants.O_RDONLY);
    return withUndo(inside, () => ({ inside, outside: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) }));
  } finally {
    closeSync(keeper);
  }
}

/** A further end that writes, beside or after ours; undefined when nobody reads any more, or there is no such FIFO. */
export function reopenInputFifo(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENXIO', 'ENOENT'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

function withUndo<T>(descriptor: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
