import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goFileMode } from './file-mode.ts';

test('goFileMode() has Go\'s bits for types and special permissions', () => {
  const table: [mode: number, go: number][] = [
    [0o100644, 0o644], [0o040755, 0x80000000 + 0o755], [0o041777, 0x80000000 + 0x100000 + 0o777], [0o120777, 0x8000000 + 0o777],
    [0o104755, 0x800000 + 0o755], [0o102755, 0x400000 + 0o755], [0o020666, 0x4200000 + 0o666], [0o060660, 0x4000000 + 0o660],
    [0o010644, 0x2000000 + 0o644], [0o140755, 0x1000000 + 0o755],
  ];
  for (const [mode, go] of table) assert.equal(goFileMode(mode), go, mode.toString(8));
});
