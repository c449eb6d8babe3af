import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHostCpu } from './host-cpu.ts';

test('parseHostCpu() adds seven kinds of time, without steal and guest, and counts the processors', () => {
  const text = 'cpu  10 1 20 300 4 5 6 1000 1000 1000\ncpu0 5 1 10 150 2 2 3 0 0 0\ncpu1 5 0 10 150 2 3 3 0 0 0\nintr 1 2\n';
  assert.deepEqual(parseHostCpu(text), { totalNanoseconds: 3_460_000_000, onlineCpus: 2 });
});
