import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { serveRegistryProcess } from '../../support/registry-process.ts';
import { repetitions, some } from '../../support/repetitions.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { embeddedImage } from './image-fixture.ts';
import { imageOf, publishImage, randomLayer } from './registry-fixture.ts';
import { randomOf } from '../../support/random.ts';

/** What each actor does is told by the seed; how they meet is not. `GANTRY_TEST_SEED` tries another one. */
const seedOf = (usual: number): number => Number(process.env['GANTRY_TEST_SEED'] ?? usual);
const runs: [snapshotter: string, seed: number][] = [['default', seedOf(1)], ['directories', seedOf(2)]];
const actors = 4;
const steps = repetitions(30);
const foreign = process.arch === 'x64' ? 'arm64' : 'amd64';
const archive = readFileSync(embeddedImage.path);
const everything = `filters=${encodeURIComponent('{"dangling":["false"]}')}`;
const command = { Cmd: ['sh', '-c', 'exit 0'], Entrypoint: [] };

type Verb = 'pull' | 'pull foreign' | 'load' | 'import' | 'commit' | 'run' | 'create foreign' | 'tag' | 'push' | 'save' | 'look' | 'list' | 'remove' | 'force' | 'remove id' | 'prune' | 'prune all' | 'prune containers';
interface Act { verb: Verb; image: string; name: string }

/** The verbs that bring come more often than those that take away, or nothing would ever be there. */
const verbs: Verb[] = [
  'pull', 'pull', 'pull', 'pull foreign', 'pull foreign', 'load', 'load', 'import', 'commit', 'commit', 'commit', 'run', 'run', 'create foreign', 'tag', 'push',
  'save', 'look', 'list', 'remove', 'force', 'force', 'remove id', 'prune', 'prune all', 'prune containers',
];

function planOf(seed: number, images: readonly string[]): Act[][] {
  const random = randomOf(seed);
  const one = <T>(things: readonly T[]): T => things[Math.floor(random() * things.length)] as T;
  return Array.from({ length: actors }, () => Array.from({ length: steps }, () => ({ verb: one(verbs), image: one(images), name: `made-${Math.floor(random() * 4)}` })));
}

/** What is answered when somebody else was there first. Anything else is a failure of the engine. */
const lost = /No such image|No such container|not found|does not exist|No such exec|conflict:|in use by|already running|already in progress|is being removed|must force/;

class Stage {
  readonly daemon: TestDaemon;
  readonly registry: string;

  constructor(daemon: TestDaemon, registry: string) {
    this.daemon = daemon;
    this.registry = registry;
  }

  /** The answer; undefined when it was too late. */
  async ask(method: string, path: string, body?: unknown): Promise<any> {
    const { status, text, json } = await this.daemon.request(method, `/v1.51${path}`, body);
    const said = status >= 400 ? text : /"error":"([^"]*)"/.exec(text)?.[1];
    if (said === undefined) return json ?? text;
    assert.ok([200, 404, 409].includes(status) && lost.test(said), `${method} ${path}: ${status} ${said}`);
    return undefined;
  }

  async create(image: string, options: object = command): Promise<string | undefined> {
    const made = await this.ask('POST', '/containers/create', { Image: image, ...options });
    return made?.Id;
  }

  /** Runs to the end. A container that was made runs whatever becomes of its image. */
  async run(image: string): Promise<void> {
    const id = await this.create(image);
    if (id === undefined) return;
    await this.ask('POST', `/containers/${id}/start`);
    const ended = await this.ask('POST', `/containers/${id}/wait`);
    assert.equal(ended?.StatusCode ?? 0, 0, `${image} in ${id}`);
    await this.ask('DELETE', `/containers/${id}?force=1`);
  }

  async act({ verb, image, name }: Act): Promise<void> {
    const repository = `${this.registry}/${image}`;
    switch (verb) {
      case 'pull': return void assert.notEqual(await this.ask('POST', `/images/create?fromImage=${repository}&tag=latest`), undefined, 'a pull that lost');
      case 'pull foreign': return void await this.ask('POST', `/images/create?fromImage=${this.registry}/foreign&tag=latest&platform=linux/${foreign}`);
      case 'load': return void assert.notEqual(await this.ask('POST', '/images/load', archive), undefined, 'a load that lost');
      case 'import': return void await this.ask('POST', `/images/create?fromSrc=-&repo=imported-${name}`, archive);
      case 'commit': return await this.commit(repository, name);
      case 'run': return await this.run(repository);
      case 'create foreign': {
        const id = await this.create(`${this.registry}/foreign`);
        if (id !== undefined) await this.ask('DELETE', `/containers/${id}?force=1`);
        return;
      }
      case 'tag': return void await this.ask('POST', `/images/${repository}/tag?repo=${name}&tag=tagged`);
      case 'push': return void await this.ask('POST', `/images/${repository}/push?tag=latest`);
      case 'save': return void await this.ask('GET', `/images/get?names=${repository}&names=gantry/busybox`);
      case 'look': {
        await this.ask('GET', `/images/${repository}/json?manifests=1`);
        return void await this.ask('GET', `/images/${repository}/history`);
      }
      case 'list': {
        assert.ok(await this.ask('GET', '/images/json?all=1&manifests=1&shared-size=1') !== undefined);
        return void assert.ok(await this.ask('GET', '/system/df') !== undefined);
      }
      case 'remove': return void await this.ask('DELETE', `/images/${repository}`);
      case 'force': return void await this.ask('DELETE', `/images/${name}:tagged?force=1`);
      case 'remove id': {
        const { Id: id } = await this.ask('GET', `/images/${repository}/json`) ?? {};
        if (id !== undefined) await this.ask('DELETE', `/images/${id}?force=1`);
        return;
      }
      case 'prune': return void await this.ask('POST', '/images/prune');
      case 'prune all': return void await this.ask('POST', `/images/prune?${everything}`);
      case 'prune containers': return void await this.ask('POST', '/containers/prune');
    }
  }

  async commit(image: string, name: string): Promise<void> {
    const id = await this.create(image, { Cmd: ['sh', '-c', `echo ${name} > /made`] });
    if (id === undefined) return;
    await this.ask('POST', `/containers/${id}/start`);
    await this.ask('POST', `/containers/${id}/wait`);
    await this.ask('POST', `/commit?container=${id}&repo=${name}&tag=tagged`, {});
    await this.ask('DELETE', `/containers/${id}?force=1`);
  }

  /** Every image that is listed can be used: looked at, saved, made a container of and, where it is one for this machine, run. */
  async useAll(): Promise<void> {
    const images = await this.ask('GET', '/images/json?all=1') as { Id: string; RepoTags: string[] }[];
    for (const { Id: imageId, RepoTags: tags } of images) {
      const { Architecture: architecture } = await this.ask('GET', `/images/${imageId}/json`);
      assert.ok(await this.ask('GET', `/images/${imageId}/get`) !== undefined, `${imageId} cannot be saved`);
      for (const name of [imageId, ...tags]) {
        if (architecture !== foreign && !name.startsWith('imported-') && !tags.some((tag) => tag.startsWith('imported-'))) await this.run(name);
        const id = await this.create(name, { Cmd: ['x'] });
        assert.ok(id !== undefined, `${name} cannot be made a container of`);
        assert.ok(await this.ask('GET', `/containers/${id}/export`) !== undefined);
        await this.ask('DELETE', `/containers/${id}`);
      }
    }
  }

  /** What lies in the stores. */
  remains(): { blobs: string[]; ingests: string[]; layers: string[] } {
    const { root } = this.daemon;
    const files = (path: string): string[] => readdirSync(join(root, path), { recursive: true, withFileTypes: true }).filter((item) => item.isFile()).map(({ name }) => name);
    const layers = readdirSync(join(root, 'snapshots')).flatMap((form) => readdirSync(join(root, 'snapshots', form))).filter((name) => /^[0-9a-f]{32}$/.test(name));
    return { blobs: files('content/blobs'), ingests: files('content/ingest'), layers };
  }
}

/** Images in the registry that share the embedded one's layer, and one for another machine. */
async function prepare(stage: Stage): Promise<string[]> {
  const { registry } = stage;
  await stage.ask('POST', '/images/load', archive);
  const images = ['first', 'second', 'third'];
  let base = 'gantry/busybox';
  for (const image of images) {
    await stage.commit(base, image);
    await stage.ask('POST', `/images/${image}:tagged/tag?repo=${registry}/${image}&tag=latest`);
    await stage.ask('POST', `/images/${registry}/${image}/push?tag=latest`);
    base = `${image}:tagged`;
  }
  await publishImage(registry, 'foreign', 'latest', imageOf([randomLayer('x', 300_000), randomLayer('y', 10)], { architecture: foreign }));
  return images;
}

describe('pull, load, import, commit, create, tag, push, save, rmi and prune at once', () => {
  for (const [snapshotter, seed] of some(runs)) {
    it(`leave every listed image whole, and nothing that no image needs (${snapshotter}, seed ${seed})`, async () => {
      await using folder = await temporaryFolder();
      await using registry = await serveRegistryProcess(join(folder.path, 'registry'));
      await using daemon = await startDaemon(snapshotter === 'default' ? {} : { args: ['--snapshotter', snapshotter] });
      const stage = new Stage(daemon, registry.host);
      const plans = planOf(seed, await prepare(stage));
      await Promise.all(plans.map(async (acts) => { for (const act of acts) await stage.act(act); }));
      await stage.useAll();
      await stage.ask('POST', '/containers/prune');
      await stage.ask('POST', `/images/prune?${everything}`);
      assert.deepEqual(await stage.ask('GET', '/images/json?all=1'), []);
      assert.deepEqual(stage.remains(), { blobs: [], ingests: [], layers: [] });
    });
  }
});
