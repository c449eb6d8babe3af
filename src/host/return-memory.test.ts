import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { returnMemoryWhenResting } from './return-memory.ts';

test('what a burst took goes back to the host once the process rests', async () => {
  const before = residentBytes();
  let burst: string[] | undefined = Array.from({ length: 1_000_000 }, (_, index) => `line ${index} of a burst that is soon forgotten`);
  const grown = residentBytes() - before;
  assert.ok(grown > 32 * 1024 * 1024, `a burst took ${grown} bytes`);
  assert.equal(burst.length, 1_000_000);
  burst = undefined;
  using _resting = returnMemoryWhenResting({ periodMs: 200 });
  while (residentBytes() - before > grown / 2) await delay(100);
});

function residentBytes(): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
}
