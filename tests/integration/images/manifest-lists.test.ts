import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gantryProgram, startDaemon } from '../../support/daemon.ts';
import { withoutDockerClient } from '../../support/docker-client.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startFake, startRegistry } from '../registry/support.ts';
import { imageOf, indexOf, publish, publishImage, randomLayer } from './registry-fixture.ts';

const run = promisify(execFile);

describe('manifest lists', () => {
  it('are made of images in a registry, annotated, pushed and pulled by platform', async () => {
    const config = await mkdtemp(join(tmpdir(), 'gantry-manifest-'));
    try {
      await using registry = await startRegistry();
      await using daemon = await startDaemon();
      const [program, ...first] = gantryProgram();
      const gantry = async (...args: string[]): Promise<string> => (await run(program, [...first, '--config', config, '--host', daemon.host, ...args])).stdout;
      const [amd, arm] = ['amd64', 'arm'].map((architecture) => imageOf([randomLayer(architecture, 100)], { architecture, docker: true }));
      await publishImage(registry.host, 'web', 'amd', amd!);
      await publishImage(registry.host, 'elsewhere/arm', 'v1', arm!);
      const [list, one, two] = [`${registry.host}/web:all`, `${registry.host}/web:amd`, `${registry.host}/elsewhere/arm:v1`];
      assert.equal(await gantry('manifest', 'create', list, one, two), `Created manifest list ${list}\n`);
      await assert.rejects(gantry('manifest', 'create', list, one), /refusing to amend an existing manifest list with no --amend flag/);
      await gantry('manifest', 'annotate', '--variant', 'v6', list, two);
      const made = JSON.parse(await gantry('manifest', 'inspect', list)) as { mediaType: string; manifests: { digest: string; platform: object }[] };
      assert.equal(made.mediaType, 'application/vnd.docker.distribution.manifest.list.v2+json');
      assert.deepEqual(made.manifests.map(({ digest, platform }) => [digest, platform]), [
        [amd!.digest, { os: 'linux', architecture: 'amd64' }], [arm!.digest, { os: 'linux', architecture: 'arm', variant: 'v6' }],
      ]);
      const digest = (await gantry('manifest', 'push', '--purge', list)).trim();
      await assert.rejects(gantry('manifest', 'rm', list), new RegExp(`No such manifest: ${list}`));
      const verbose = JSON.parse(await gantry('manifest', 'inspect', '-v', list)) as { SchemaV2Manifest: { layers: object[] }; Descriptor: { digest: string } }[];
      assert.deepEqual(verbose.map(({ Descriptor, SchemaV2Manifest }) => [Descriptor.digest, SchemaV2Manifest.layers.length]), [[amd!.digest, 1], [arm!.digest, 1]]);
      assert.match(await gantry('pull', '--platform', 'linux/arm/v6', list), new RegExp(`Digest: ${digest}`));
      assert.equal((await gantry('image', 'inspect', '-f', '{{.Architecture}} {{.Variant}}', list)).trim().split(' ')[0], 'arm');
    } finally {
      await rm(config, { recursive: true, force: true });
    }
  });
});

describe("manifest's words", { skip: withoutDockerClient }, () => {
  it("are docker's, and so are the digests of what it pushes", async () => {
    await using folder = await temporaryFolder();
    await using registry = await startRegistry();
    await using daemon = await startDaemon();
    const images = { amd: imageOf([randomLayer('amd', 100)], { architecture: 'amd64' }), arm: imageOf([randomLayer('arm', 100)], { architecture: 'arm64' }), docker: imageOf([randomLayer('docker', 100)], { architecture: 'arm64', docker: true }) };
    for (const [tag, image] of Object.entries(images)) await publishImage(registry.host, 'web', tag, image);
    await publish(registry.host, 'web', { references: ['all'], manifest: indexOf([{ image: images.arm, architecture: 'arm64' }, { image: images.amd, architecture: 'amd64' }]) });
    const at = (tag: string): string => `${registry.host}/web:${tag}`;
    const commands = [
      ['inspect', '--insecure', at('all')], ['inspect', '--insecure', at('amd')], ['inspect', '--insecure', '-v', at('docker')], ['inspect', '--insecure', '--verbose', at('all')], ['inspect', '--insecure', at('none')],
      ['create', '--insecure', at('list'), at('amd'), at('arm')], ['create', '--insecure', at('list'), at('amd')], ['create', '--insecure', '--amend', at('list'), at('docker')],
      ['create', '--insecure', at('other'), at('all')], ['create', '--insecure', at('other'), at('none')],
      ['annotate', at('list'), at('arm'), '--variant', 'v8', '--os-version', '1.2', '--os-features', 'a,b'], ['annotate', at('list'), at('arm'), '--arch', 'nonsense'], ['annotate', at('list'), at('none'), '--arch', 'arm'], ['annotate', at('none'), at('arm'), '--arch', 'arm'],
      ['inspect', '--insecure', at('list')], ['inspect', '--insecure', at('list'), at('arm')], ['inspect', '--insecure', '-v', at('list'), at('arm')], ['inspect', '--insecure', '-v', at('list')],
      ['push', '--insecure', at('list')], ['push', '--insecure', '--purge', at('list')], ['push', '--insecure', at('list')], ['rm', at('list'), at('none')],
    ];
    const say = async (words: readonly string[], config: string, command: readonly string[]): Promise<{ code: number; out: string; err: string }> => {
      const [program = '', ...first] = words;
      const done = await run(program, [...first, '--config', config, '--host', daemon.host, 'manifest', ...command]).then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), (error: { code: number; stdout: string; stderr: string }) => error);
      return { code: done.code, out: done.stdout, err: done.stderr.trim() };
    };
    for (const command of commands) {
      const theirs = await say(['docker'], join(folder.path, 'docker'), command);
      const ours = await say(gantryProgram(), join(folder.path, 'gantry'), command);
      // We add what to do next.
      assert.deepEqual({ ...ours, err: ours.err.slice(0, theirs.err.length) }, theirs, command.join(' '));
    }
  });
});

describe('search', () => {
  it('asks the registry that the term names, and filters what comes', async () => {
    await using registry = await startFake((request, response) => {
      assert.equal(request.url, '/v1/search?q=web&n=25');
      const result = (name: string, stars: number, official: boolean): object => ({ name, description: `${name}!`, star_count: stars, is_official: official });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results: [result('web', 10, true), result('me/web', 2, false)] }));
    });
    await using daemon = await startDaemon();
    const search = (filters: object) => daemon.request('GET', `/v1.45/images/search?term=${registry.host}/web&filters=${encodeURIComponent(JSON.stringify(filters))}`);
    assert.deepEqual((await search({})).json, [
      { star_count: 10, is_official: true, name: 'web', is_automated: false, description: 'web!' },
      { star_count: 2, is_official: false, name: 'me/web', is_automated: false, description: 'me/web!' },
    ]);
    assert.deepEqual(((await search({ stars: ['3'] })).json as object[]).length, 1);
    assert.deepEqual(((await search({ 'is-official': ['false'] })).json as object[]).length, 1);
    assert.equal((await search({ color: ['red'] })).status, 400);
  });
});
