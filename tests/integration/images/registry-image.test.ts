import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { gantryProgram, startDaemon } from '../../support/daemon.ts';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../../..');
const skip = existsSync(join(repository, 'dist/gantry.js')) ? false : 'dist/ is not built';

describe('the registry as a container', { skip }, () => {
  it('takes an image and gives it back, as docs/registry.md tells', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-registry-image-'));
    try {
      await using daemon = await startDaemon();
      const [program, ...first] = gantryProgram();
      const gantry = async (...args: string[]): Promise<string> => (await run(program, [...first, '--host', daemon.host, ...args])).stdout;
      const tar = join(folder, 'registry.tar');
      await run(process.execPath, [join(repository, 'tools/registry-image.ts'), tar]);
      await gantry('import', '-c', 'ENTRYPOINT ["/usr/bin/node", "--", "/opt/gantry/dist/gantry.js", "registry", "serve", "--addr", "0.0.0.0:5000"]',
        '-c', 'EXPOSE 5000', '-c', 'VOLUME /var/lib/gantry-registry', tar, 'gantry/registry');
      await gantry('run', '-d', '--name', 'registry', '-p', '127.0.0.1:0:5000', 'gantry/registry');
      const host = (await gantry('port', 'registry', '5000')).trim();
      await answering(host);
      await gantry('pull', 'gantry/busybox');
      await gantry('tag', 'gantry/busybox', `${host}/box:v1`);
      const digest = /digest: (sha256:\w+)/.exec(await gantry('push', `${host}/box:v1`))?.[1];
      await gantry('rmi', `${host}/box:v1`, 'gantry/busybox');
      assert.match(await gantry('pull', `${host}/box:v1`), new RegExp(`Digest: ${digest}`));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function answering(host: string): Promise<void> {
  const client = createRegistryClient({ retry: { attempts: 1 } });
  const deadline = Date.now() + 120_000;
  while (!await client.ping(host).then(() => true, () => false)) {
    assert.ok(Date.now() < deadline, 'the registry does not answer');
    await setTimeout(50);
  }
  client.close();
}
