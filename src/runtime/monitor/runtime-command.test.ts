import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logEntries, runtimeCommand } from './runtime-command.ts';

test('logEntries() reads an object a line, as runc and older crun write them', () => {
  const text = '{"level":"warning","msg":"a {","time":"t"}\n{"level":"error","msg":"b","time":"t"}\n';
  assert.deepEqual(logEntries(text).map(({ level, msg }) => `${level} ${msg}`), ['warning a {', 'error b']);
});

test('logEntries() reads objects over several lines, as crun 1.28 writes them', () => {
  const text = '{\n  "msg": "open `\\/x`",\n  "level": "error",\n  "time": "t"\n}\n{\n  "msg": "second",\n  "level": "error"\n}\n';
  assert.deepEqual(logEntries(text).map(({ msg }) => msg), ['open `/x`', 'second']);
});

test('logEntries() leaves out what is no object, or is cut off', () => {
  assert.deepEqual(logEntries('plain words\n{"level":"error","msg":"b"}\n{"level":"err').map(({ msg }) => msg), ['b']);
  assert.deepEqual(logEntries(''), []);
});

test('runtimeCommand() puts the arguments of a runtime of the settings before all others', () => {
  const { path, global } = runtimeCommand('/run/x', { runtime: process.execPath, runtimeArgs: ['--debug'] }, '/log');
  assert.equal(path, process.execPath);
  assert.deepEqual([global[0], global[1]], ['--debug', '--root']);
});
