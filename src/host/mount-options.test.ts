import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountOptions } from './mount-options.ts';

const cases: [text: string, flags: number, propagation: number, data: string][] = [
  ['', 0, 0, ''],
  ['bind', 4096, 0, ''],
  ['rbind,ro', 4096 | 16384 | 1, 0, ''],
  ['ro,rw,nosuid,noexec,exec', 2, 0, ''],
  ['size=64m,uid=1000,nodev,mode=0750', 4, 0, 'size=64m,uid=1000,mode=0750'],
  ['bind,rshared', 4096, (1 << 20) | 16384, ''],
  ['defaults,,addr=10.0.0.1,rw,nfsvers=4', 0, 0, 'addr=10.0.0.1,nfsvers=4'],
];
for (const [text, flags, propagation, data] of cases) {
  test(`parseMountOptions() reads "${text}"`, () => assert.deepEqual(parseMountOptions(text), { flags, propagation, data }));
}
