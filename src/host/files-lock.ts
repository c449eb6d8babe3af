import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { GantryError, errnoOf } from '../base/errors.ts';
import { checked, libc } from './ffi.ts';

const flockCall = libc.func('int flock(int fd, int operation)');
const exclusiveNow = 2 | 4;

/**
 * One holder at a time, on this machine. The kernel lets go when the holder dies, so a lock is never stale.
 * The file holds the holder's pid, for people.
 */
export class FileLock {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** @throws conflict, naming the holder's pid, when another process holds it. */
  static acquire(path: string): FileLock {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      checked(flockCall(fd, exclusiveNow), 'flock', path);
      ftruncateSync(fd);
      writeSync(fd, `${process.pid}\n`, 0);
      return new FileLock(fd);
    } catch (error) {
      closeSync(fd);
      if (errnoOf(error) !== 'EAGAIN') throw error;
      throw new GantryError('conflict', `${path} is held by process ${readFileSync(path, 'utf8').trim() || 'unknown'}`, { cause: error });
    }
  }

  release(): void {
    closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
