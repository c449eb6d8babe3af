import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createRegistryClient } from '../../../src/registry/client/client.ts';
import { gantryProgram, startDaemon } from '../../support/daemon.ts';
import { startRegistry } from '../registry/support.ts';
import { debianRootfs, missingMmdebstrap } from '../../support/debian-rootfs.ts';

const run = promisify(execFile);
const programs = ['/usr/bin/docker-registry', '/usr/bin/skopeo'];
const missing = programs.filter((program) => !existsSync(program));
const skip = missing.length > 0 ? `not installed: ${missing.join(', ')}` : missingMmdebstrap();
const dockerClient = ['/usr/local/bin/docker', '/usr/bin/docker'].find((path) => existsSync(path));

/** Debian's docker-registry on loopback; ready when it answers. */
async function startDockerRegistry(folder: string): Promise<AsyncDisposable & { host: string }> {
  const host = `127.0.0.1:${await freePort()}`;
  await writeFile(join(folder, 'config.yml'), JSON.stringify({ version: 0.1, log: { level: 'error' }, storage: { filesystem: { rootdirectory: join(folder, 'data') } }, http: { addr: host } }));
  const child = spawn(programs[0]!, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const client = createRegistryClient({ retry: { attempts: 1 } });
  const deadline = Date.now() + 15_000;
  while (!await client.ping(host).then(() => true, () => false)) {
    assert.ok(child.exitCode === null && Date.now() < deadline, 'docker-registry does not start');
    await setTimeout(20);
  }
  client.close();
  return {
    host,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

describe('a Debian image on its way', { skip }, () => {
  it('keeps its digest from registry to registry, by gantry, the docker client and skopeo', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-travel-'));
    try {
      await using foreign = await startDockerRegistry(folder);
      await using ours = await startRegistry();
      await using daemon = await startDaemon();
      const [program, ...first] = gantryProgram();
      const gantry = async (...args: string[]): Promise<string> => (await run(program, [...first, '--host', daemon.host, ...args])).stdout;
      const docker = async (...args: string[]): Promise<string> => (dockerClient === undefined ? await gantry(...args) : (await run(dockerClient, ['--host', daemon.host, ...args])).stdout);
      const digestAt = async (reference: string): Promise<string> => (await run(programs[1]!, ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${reference}`])).stdout.trim();

      await gantry('import', debianRootfs(), `${foreign.host}/debian:mine`);
      const pushed = /mine: digest: (sha256:[0-9a-f]{64}) size: \d+/.exec(await gantry('push', `${foreign.host}/debian:mine`))?.[1];
      assert.equal(await digestAt(`${foreign.host}/debian:mine`), pushed);
      await gantry('tag', `${foreign.host}/debian:mine`, `${ours.host}/os/debian:v1`);
      assert.match(await docker('push', `${ours.host}/os/debian:v1`), new RegExp(`v1: digest: ${pushed}`));
      assert.equal(await digestAt(`${ours.host}/os/debian:v1`), pushed);
      await run(programs[1]!, ['copy', '--insecure-policy', '--preserve-digests', '--src-tls-verify=false', '--dest-tls-verify=false', `docker://${ours.host}/os/debian:v1`, `docker://${foreign.host}/back:v2`]);

      await docker('rmi', `${foreign.host}/debian:mine`, `${ours.host}/os/debian:v1`);
      assert.equal(await gantry('images', '-q'), '');
      assert.match(await docker('pull', `${foreign.host}/back:v2`), new RegExp(`Digest: ${pushed}\nStatus: Downloaded newer image`));
      assert.match(await gantry('pull', `${ours.host}/os/debian@${pushed}`), /Status: Downloaded newer image/);
      assert.match(await gantry('pull', `${ours.host}/os/debian@${pushed}`), /Status: Image is up to date/);
      assert.equal((await gantry('run', '--rm', `${foreign.host}/back:v2`, 'sh', '-c', '. /etc/os-release; echo $ID')).trim(), 'debian');
      const { json } = await daemon.request('GET', `/v1.45/distribution/${ours.host}/os/debian:v1/json`);
      assert.equal((json as { Descriptor: { digest: string } }).Descriptor.digest, pushed);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('needs a login where the registry wants one: gantry login, the config file, logout', async () => {
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
