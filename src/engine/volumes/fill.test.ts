import assert from 'node:assert/strict';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { copyTree } from '../../host/copy-tree.ts';
import { removeTree } from '../../store/snapshots/remove-tree.ts';
import { fillVolume, finishFill } from './fill.ts';

describe('a volume that is filled', () => {
  let home: string;
  let image: string;
  let root: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gantry-fill-'));
    [image, root] = [join(home, 'image'), join(home, 'volume/_data')];
    mkdirSync(join(image, 'sub'), { recursive: true });
    mkdirSync(root, { recursive: true });
    writeFileSync(join(image, 'one'), 'of the image');
    writeFileSync(join(image, 'sub/two'), '2');
    chmodSync(image, 0o750);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const besides = { beside: () => join(home, 'volume'), within: () => root };
  async function fill(where: keyof typeof besides, copy: (from: string, to: string) => void = copyOpen): Promise<void> {
    const from = openSync(image, 'r');
    try {
      await fillVolume({ from, to: root, beside: besides[where](), copyTree: async (source, target) => copy(source, target), removeTree: async (path) => void removeTree(path) });
    } finally {
      closeSync(from);
    }
  }
  const copyOpen = (from: string, to: string): void => copyTree(Number(basename(from)), Number(basename(to)));
  const left = (): string[] => [...readdirSync(join(home, 'volume')), ...readdirSync(root)].filter((name) => name.startsWith('.gantry'));

  for (const where of ['beside', 'within'] as const) {
    test(`${where} itself has what the image has, and its owner and mode`, async () => {
      await fill(where);
      assert.deepEqual(readdirSync(root).sort(), ['one', 'sub']);
      assert.equal(readFileSync(join(root, 'sub/two'), 'utf8'), '2');
      assert.equal(statSync(root).mode & 0o777, 0o750);
      assert.deepEqual(left(), []);
    });

    test(`${where} itself stays empty when the copy fails half way`, async () => {
      await assert.rejects(fill(where, (_from, to) => {
        writeFileSync(join(to, 'one'), 'of the');
        throw new Error('disk full');
      }), { message: 'disk full' });
      assert.deepEqual([readdirSync(root), left()], [[], []]);
    });

    test(`${where} itself is filled anew after a copy that was cut off`, async () => {
      mkdirSync(join(besides[where](), '.gantry-copying/sub'), { recursive: true });
      writeFileSync(join(besides[where](), '.gantry-copying/one'), 'of the');
      await fill(where);
      assert.equal(readFileSync(join(root, 'one'), 'utf8'), 'of the image');
      assert.deepEqual(left(), []);
    });

    test(`${where} itself gets the rest of a copy that was cut off while it was moved in`, async () => {
      const place = join(besides[where](), '.gantry-copied');
      mkdirSync(place, { mode: 0o711 });
      writeFileSync(join(place, 'rest'), 'r');
      writeFileSync(join(place, 'moved'), 'again');
      writeFileSync(join(root, 'moved'), 'by now another');
      if (where === 'within') writeFileSync(join(home, 'volume/.gantry-moving'), '');
      finishFill(root, besides[where]());
      assert.deepEqual([readFileSync(join(root, 'rest'), 'utf8'), readFileSync(join(root, 'moved'), 'utf8')], ['r', 'by now another']);
      assert.equal(statSync(root).mode & 0o777, 0o711);
      assert.deepEqual(left(), []);
    });
  }

  test('gets names that are no UTF-8 as they are', async () => {
    const name = Buffer.from([0x6e, 0xff]);
    writeFileSync(Buffer.concat([Buffer.from(`${image}/`), name]), 'x');
    await fill('beside');
    assert.ok(readdirSync(root, { encoding: 'buffer' }).some((each) => each.equals(name)));
  });

  test('keeps what it has', async () => {
    writeFileSync(join(root, 'mine'), '');
    await fill('beside');
    assert.deepEqual(readdirSync(root), ['mine']);
  });

  test('keeps the names that somebody takes while it is copied', async () => {
    await fill('beside', (from, to) => {
      copyOpen(from, to);
      writeFileSync(join(root, 'one'), 'mine');
      symlinkSync('/nowhere', join(root, 'sub'));
    });
    assert.equal(readFileSync(join(root, 'one'), 'utf8'), 'mine');
    assert.deepEqual(readdirSync(root).sort(), ['one', 'sub']);
    assert.deepEqual(left(), []);
  });

  test('takes nothing for its own that a container has put there', () => {
    mkdirSync(join(root, '.gantry-copied'));
    writeFileSync(join(root, '.gantry-copied/x'), '');
    finishFill(root, root);
    assert.deepEqual(readdirSync(root), ['.gantry-copied']);
  });
});
