import koffi from 'koffi';
import { constants } from 'node:os';

/**
 * The one place where the C library is opened. Every system call that Node lacks is declared in the files beside this one.
 * Declarations are checked by hand against the manual pages: a wrong one crashes the process. `ssize_t` is `intptr_t` here.
 * Never block in koffi's `.async`: it shares libuv's few threads.
 */
export const libc = koffi.load('libc.so.6');

// EWOULDBLOCK is another name of EAGAIN: errors carry the one that Node's own have.
const errnoNames = new Map(Object.entries(constants.errno).filter(([name]) => name !== 'EWOULDBLOCK').map(([name, number]) => [number as number, name]));

/** A system call that failed: `code` is the errno's name, as on Node's own errors, so `errnoOf` reads both. */
export class HostError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject = '') {
    const code = errnoNames.get(errno) ?? `E${errno}`;
    super(`${syscall}${subject === '' ? '' : ` ${subject}`}: ${code}`);
    this.name = 'HostError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** Returns the result of a call that gives -1 on error. @throws HostError */
export function checked(result: number, syscall: string, subject?: string): number {
  if (result === -1) throw new HostError(syscall, koffi.errno(), subject);
  return result;
}
