import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { libc } from './ffi.ts';

/** Share of a period that work may take in a process that rests. */
const restingShare = 0.02;
/** A heap is collected when it has grown by this much since it was last, in bytes. */
const worthwhileBytes = 4 * 1024 * 1024;

const mallocTrim = libc.func('int malloc_trim(size_t pad)');

/**
 * Gives the memory of a burst back to the host once this process has rested for `periodMs`. V8 keeps a heap as large as it once grew until something
 * allocates again, and the C library keeps what its threads have freed: an engine that nobody asks anything would hold both for good.
 */
export function returnMemoryWhenResting({ periodMs = 5000 } = {}): Disposable {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  let floor = 0;
  let last = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, last);
    last = current;
    if (utilization > restingShare || getHeapStatistics().total_heap_size < floor + worthwhileBytes) return;
    // The last resort is the flavour that also gives back the pages.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    mallocTrim(0);
    floor = getHeapStatistics().total_heap_size;
  }, periodMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
