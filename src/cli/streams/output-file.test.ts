import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../context.ts';
import { writeOutput } from './output-file.ts';

const context = {} as Context;
const failure = 'failed to save image';

async function* body(): AsyncGenerator<Buffer> {
  yield Buffer.from('new');
}

test('writeOutput() takes the place of a file, and of nothing else', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-output-'));
  const [file, link, directory, socket] = ['file', 'link', 'directory', 'socket'].map((name) => join(folder, name)) as [string, string, string, string];
  writeFileSync(file, 'old');
  symlinkSync(file, link);
  mkdirSync(directory);
  const server = createServer().listen(socket);
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  await once(server, 'listening');
  for (const [path, reason] of [
    [link, 'cannot write to a symbolic link directly'], [directory, 'cannot write to a directory'], [socket, 'cannot write to a socket'],
    [join(folder, 'none/file'), `invalid output path: stat ${folder}/none: no such file or directory`], [join(file, 'file'), `invalid output path: stat ${file}: not a directory`],
  ] as const) {
    await assert.rejects(writeOutput(context, { path, failure }, () => assert.fail('asked')), { kind: 'invalid', message: `${failure}: ${reason}` });
  }
  assert.equal(readFileSync(link, 'utf8'), 'old');
  await writeOutput(context, { path: file, failure }, () => Promise.resolve(body()));
  assert.equal(readFileSync(file, 'utf8'), 'new');
  assert.deepEqual(readdirSync(folder).sort(), ['directory', 'file', 'link', 'socket']);
});
