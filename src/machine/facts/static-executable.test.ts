import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isStaticExecutable } from './static-executable.ts';

/** A 64-bit header with one program header of the given type. */
function elf(type: number): Buffer {
  const file = Buffer.alloc(64 + 56);
  file.writeUInt32BE(0x7f454c46, 0);
  file[4] = 2;
  file[5] = 1;
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(type, 64);
  return file;
}

test('isStaticExecutable() tells a program with a loader from one without', () => {
  assert.equal(isStaticExecutable(elf(1)), true);
  assert.equal(isStaticExecutable(elf(3)), false);
});

test('isStaticExecutable() refuses scripts and cut files', () => {
  assert.equal(isStaticExecutable(Buffer.from('#!/bin/sh\n')), false);
  assert.equal(isStaticExecutable(elf(1).subarray(0, 100)), false);
});

test('isStaticExecutable() sees that the running Node.js is dynamic', () => {
  assert.equal(isStaticExecutable(readFileSync(process.execPath)), false);
});
