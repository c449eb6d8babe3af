import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gantryProgram } from '../support/daemon.ts';
import { debianRootfs, missingDebianRootfs } from '../support/debian-rootfs.ts';
import { missingDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts';
import { reachFromPeer } from '../support/peers/reach.ts';
import { peersAreMade, startPeer } from '../support/peers/start-peer.ts';
import { serveRegistryProcess, type RegistryProcess } from '../support/registry-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Stage } from './stage.ts';

const run = promisify(execFile);
const skip = missingDockerRegistry || missingDebianRootfs();
const lacks = (program: string): string | false => (existsSync(`/usr/bin/${program}`) || existsSync(`/usr/local/bin/${program}`) ? false : `${program} is not installed`);

/** What the image is: the digest of its manifest, and of its config. */
interface Image { digest: string; id: string }

describe('a Debian image made here travels', { skip }, () => {
  const stack = new AsyncDisposableStack();
  let stage: Stage;
  let theirs: DockerRegistry;
  let ours: RegistryProcess;
  let image: Image;
  /** The same image in both registries. */
  let names: string[];

  const gantry = async (...args: string[]): Promise<string> => {
    const [program, ...first] = gantryProgram();
    return (await run(program, [...first, '--host', stage.daemon.host, ...args])).stdout;
  };

  before(async () => {
    stage = stack.use(await Stage.open());
    theirs = stack.use(await startDockerRegistry());
    ours = stack.use(await serveRegistryProcess(stack.use(await temporaryFolder()).path));
    names = [`${theirs.host}/os/debian:mine`, `${ours.host}/os/debian:mine`];
    const id = (await gantry('import', '-c', 'CMD ["/bin/bash"]', debianRootfs(), names[0]!)).trim();
    await gantry('tag', names[0]!, names[1]!);
    image = { id, digest: await pushed(names[0]!) };
    assert.equal(await pushed(names[1]!), image.digest);
  });

  after(() => stack.disposeAsync());

  async function pushed(name: string): Promise<string> {
    const said = await gantry('push', name);
    const [, digest, size] = /^mine: digest: (sha256:[0-9a-f]{64}) size: (\d+)$/m.exec(said) ?? [];
    assert.ok(digest !== undefined && Number(size) > 0, said);
    return digest;
  }

  it('to gantry, which runs what came back', async () => {
    await gantry('rmi', ...names);
    assert.equal(await gantry('images', '-q'), '');
    for (const [name, status] of [[names[0]!, 'Downloaded newer image'], [names[1]!, 'Downloaded newer image']] as const) {
      const said = await gantry('pull', name);
      assert.ok(said.endsWith(`Digest: ${image.digest}\nStatus: ${status} for ${name}\n${name}\n`), said);
      assert.equal((await gantry('image', 'inspect', '-f', '{{.Id}}', name)).trim(), image.id);
    }
    const repository = names[1]!.replace(/:mine$/, '');
    assert.match(await gantry('pull', `${repository}@${image.digest}`), /Status: Image is up to date/);
    assert.equal((await gantry('run', '--rm', names[1]!, 'sh', '-c', '. /etc/os-release; echo $ID')).trim(), 'debian');
  });

  it("to docker's client, by our socket", { skip: lacks('docker') }, async () => {
    const docker = async (...args: string[]): Promise<string> => (await run('docker', ['--host', stage.daemon.host, ...args])).stdout;
    for (const name of names) {
      const copy = name.replace(/:mine$/, ':docker');
      await docker('tag', name, copy);
      assert.match(await docker('push', copy), new RegExp(`^docker: digest: ${image.digest} size: \\d+$`, 'm'));
      await docker('rmi', copy);
      assert.match(await docker('pull', copy), new RegExp(`^Digest: ${image.digest}$`, 'm'));
      assert.equal((await docker('inspect', '-f', '{{.Id}}', copy)).trim(), image.id);
    }
  });

  it('to skopeo, and back from it to both', { skip: lacks('skopeo') }, async () => {
    await using folder = await temporaryFolder();
    for (const [index, name] of names.entries()) {
      const layout = join(folder.path, String(index));
      await run('skopeo', ['copy', '--insecure-policy', '--preserve-digests', '--src-tls-verify=false', `docker://${name}`, `oci:${layout}:mine`]);
      const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
      assert.deepEqual(manifests.map(({ digest }) => digest), [image.digest]);
      const back = names[1 - index]!.replace(/:mine$/, ':skopeo');
      await run('skopeo', ['copy', '--insecure-policy', '--preserve-digests', '--dest-tls-verify=false', `oci:${layout}:mine`, `docker://${back}`]);
      assert.match(await gantry('pull', back), new RegExp(`^Digest: ${image.digest}$`, 'm'));
    }
  });

  it('to podman', { skip: lacks('podman') }, async () => {
    await using folder = await temporaryFolder();
    const store = ['--root', join(folder.path, 'root'), '--runroot', join(folder.path, 'run'), '--tmpdir', join(folder.path, 'tmp'), '--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'];
    const podman = async (...args: string[]): Promise<string> => (await run('podman', [...store, ...args])).stdout.trim();
    for (const name of names) {
      assert.equal(`sha256:${await podman('pull', '--quiet', '--tls-verify=false', name)}`, image.id);
      assert.equal(await podman('image', 'inspect', '--format', '{{.Digest}}', name), image.digest);
      await podman('rmi', name);
    }
  });

  it('to the docker engine', { skip: lacks('docker') || (peersAreMade() ? false : "the peers' root is not made: node tests/support/peers/start.ts docker") }, async () => {
    const peer = await startPeer('docker');
    try {
      const docker = async (...args: string[]): Promise<string> => (await run('docker', ['--host', `unix://${peer.socketPath}`, ...args])).stdout;
      for (const [index, host] of [theirs.host, ours.host].entries()) {
        await using _ = await reachFromPeer(peer, host);
        assert.match(await docker('pull', names[index]!), new RegExp(`^Digest: ${image.digest}$`, 'm'));
        assert.equal((await docker('inspect', '-f', '{{.Id}}', names[index]!)).trim(), image.id);
      }
    } finally {
      await peer.stop();
    }
  });
});
