import { libc } from './ffi.ts';

const pthreadSigmask = libc.func('int pthread_sigmask(int how, const void *set, void *before)');
const sigfillset = libc.func('int sigfillset(void *set)');

/** `sigset_t` of glibc and musl. */
const setBytes = 128;
const SIG_SETMASK = 2;
const all = Buffer.alloc(setBytes);
sigfillset(all);

/**
 * Runs `act` with no signal delivered to the calling thread: for foreign code that does not repeat a call that a signal interrupted. What
 * comes meanwhile goes to another thread, or waits until the end. Costs a microsecond.
 */
export function withoutSignals<T>(act: () => T extends PromiseLike<unknown> ? never : T): T {
  const before = Buffer.alloc(setBytes);
  pthreadSigmask(SIG_SETMASK, all, before);
  try {
    return act();
  } finally {
    pthreadSigmask(SIG_SETMASK, before, null);
  }
}
