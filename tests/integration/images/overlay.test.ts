import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bindMount, makePrivate, mountOf, mountOverlay, mounts, unmount } from '../../../src/host/mount.ts';
import { ContainerLayers } from '../../../src/store/snapshots/container-layers.ts';
import { ExtractionWorkers } from '../../../src/store/snapshots/workers.ts';

let directory: string;
before(() => void (directory = mkdtempSync(join(tmpdir(), 'gantry-overlay,with:odd\\letters-'))));
after(() => {
  for (const mount of mounts().filter(({ target }) => target.startsWith(directory)).reverse()) unmount(mount.target, { lazy: true });
  rmSync(directory, { recursive: true, force: true });
});

function layers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const path = join(directory, `${count}-layers`, `a layer with quite a long name ${index}`);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `file-${index}`), String(index));
    writeFileSync(join(path, 'same'), String(index));
    return path;
  });
}

describe('mountOverlay()', () => {
  for (const count of [1, 2, 128, 300]) {
    it(`stacks ${count} layers, the first on top, and writes to upper alone`, () => {
      const layersOfContainers = new ContainerLayers(join(directory, `containers-${count}`));
      const { upper, work, merged: target } = layersOfContainers.create('c1');
      const lower = layers(count);
      mountOverlay({ lower, upper, work, target });
      assert.equal(readdirSync(target).length, count + 1);
      assert.equal(readFileSync(join(target, 'same'), 'utf8'), '0');
      writeFileSync(join(target, 'same'), 'new');
      assert.deepEqual(readdirSync(upper), ['same']);
      assert.equal(mountOf(target)?.type, 'overlay');
      assert.deepEqual([unmount(target), unmount(target)], [true, false]);
      assert.equal(readFileSync(join(lower[0] as string, 'same'), 'utf8'), '0');
      layersOfContainers.remove('c1');
    });

    it(`shows ${count} layers without an upper one, read-only`, () => {
      const target = join(directory, `view-${count}`);
      mkdirSync(target);
      mountOverlay({ lower: layers(count), target });
      assert.equal(readFileSync(join(target, 'same'), 'utf8'), '0');
      assert.throws(() => writeFileSync(join(target, 'x'), ''), { code: 'EROFS' });
      unmount(target);
    });
  }

  it('leaves nothing mounted when a layer is missing', () => {
    const target = join(directory, 'failed');
    mkdirSync(target);
    for (const count of [2, 200]) assert.throws(() => mountOverlay({ lower: [...layers(count), '/absent'], target }), { code: 'ENOENT' });
    assert.notEqual(mountOf(target)?.target, target);
  });
});

describe('bindMount()', () => {
  it('can be read-only, and private', () => {
    const [source, target] = [join(directory, 'source'), join(directory, 'target')];
    mkdirSync(source);
    mkdirSync(target);
    bindMount(source, target, { readOnly: true });
    makePrivate(target);
    assert.throws(() => writeFileSync(join(target, 'x'), ''), { code: 'EROFS' });
    assert.deepEqual(mountOf(target)?.propagation, []);
    unmount(target);
  });
});

describe('ContainerLayers', () => {
  it('counts what a container wrote, hard links once, and is gone after remove()', async () => {
    const workers = new ExtractionWorkers();
    const all = new ContainerLayers(join(directory, 'counted'), workers);
    const { upper } = all.create('c1');
    assert.throws(() => all.create('c1'), { kind: 'conflict' });
    writeFileSync(join(upper, 'a'), Buffer.alloc(1000));
    linkSync(join(upper, 'a'), join(upper, 'b'));
    for (let index = 0; index < 500; index++) writeFileSync(join(upper, `f${index}`), '12');
    assert.equal(await all.usage('c1'), 2000);
    assert.deepEqual(all.list(), ['c1']);
    all.remove('c1');
    all.remove('c1');
    assert.deepEqual([all.list(), all.has('c1')], [[], false]);
    await all.settled();
    assert.deepEqual(readdirSync(join(directory, 'counted', '.trash')), []);
    await workers.close();
  });

  it('takes no id that is a path', () => {
    const all = new ContainerLayers(join(directory, 'counted'));
    for (const id of ['../x', '.', '..', '', 'a/b', '.trash']) assert.throws(() => all.remove(id), { kind: 'internal' });
  });
});
