import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gantryProgram, startDaemon } from '../../support/daemon.ts';
import { startRegistry } from '../registry/support.ts';

const run = promisify(execFile);
describe('a registry that wants a login', () => {
  it('is pushed to and pulled from between login and logout', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-login-'));
    try {
      await writeFile(join(folder, 'users'), 'alice:$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u\n');
      await using ours = await startRegistry({ htpasswd: join(folder, 'users') });
      await using daemon = await startDaemon();
      const [program, ...first] = gantryProgram();
      const gantry = async (...args: string[]): Promise<string> => (await run(program, [...first, '--config', folder, '--host', daemon.host, ...args])).stdout;
      await gantry('pull', 'gantry/busybox');
      await gantry('tag', 'gantry/busybox', `${ours.host}/a:v1`);
      await assert.rejects(gantry('push', `${ours.host}/a:v1`), /unauthorized/);
      await assert.rejects(gantry('login', '-u', 'alice', '-p', 'wrong', ours.host), /authentication failed|unauthorized/);
      assert.match(await gantry('login', '-u', 'alice', '-p', 'secret', ours.host), /Login Succeeded/);
      assert.match(await gantry('push', `${ours.host}/a:v1`), /digest: sha256/);
      await gantry('rmi', `${ours.host}/a:v1`);
      assert.match(await gantry('pull', `${ours.host}/a:v1`), /Status:/);
      await gantry('logout', ours.host);
      await assert.rejects(gantry('pull', `${ours.host}/a:v1`), new RegExp(`pull access denied for ${ours.host}/a`));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
