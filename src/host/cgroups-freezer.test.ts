import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { CgroupMount } from './cgroups.ts';
import { freezeCgroup, thawCgroup } from './cgroups-freezer.ts';

const root = mkdtempSync(join(tmpdir(), 'gantry-freezer-'));
after(() => rmSync(root, { recursive: true }));

for (const version of [1, 2] as const) {
  const file = version === 1 ? 'freezer.state' : 'cgroup.freeze';
  const mounts: CgroupMount[] = [{ version, mountPoint: root, controllers: version === 1 ? ['freezer'] : [] }];
  const path = `/group${version}`;
  /** A group whose state never gets to what is written. */
  const begin = (): void => {
    mkdirSync(join(root, path), { recursive: true });
    for (const name of new Set([file, version === 1 ? file : 'cgroup.events'])) symlinkSync('/dev/null', join(root, path, name));
  };
  const end = (): void => rmSync(join(root, path), { recursive: true });

  describe(`with cgroup version ${version}`, () => {
    test('thawCgroup() is done when the group ends after it was told to run', async () => {
      begin();
      const thawed = thawCgroup(mounts, path);
      end();
      await thawed;
    });

    test('freezeCgroup() says that the group has ended meanwhile', async () => {
      begin();
      const frozen = freezeCgroup(mounts, path);
      end();
      await assert.rejects(frozen, { kind: 'notFound' });
      assert.equal(existsSync(join(root, path)), false, 'and makes nothing anew');
    });

    test('a group that is not there is thawed, and cannot be frozen', async () => {
      mkdirSync(join(root, path));
      await thawCgroup(mounts, path);
      await assert.rejects(freezeCgroup(mounts, path), { kind: 'notFound' });
      end();
    });
  });
}

test('freezeCgroup() writes until the kernel says that all stand still', async () => {
  const path = '/slow';
  mkdirSync(join(root, path));
  const state = join(root, path, 'freezer.state');
  writeFileSync(join(root, 'shown'), '');
  symlinkSync('/dev/null', state);
  const frozen = freezeCgroup([{ version: 1, mountPoint: root, controllers: ['freezer'] }], path);
  // From here on what is written is read back.
  symlinkSync(join(root, 'shown'), `${state}.new`);
  renameSync(`${state}.new`, state);
  await frozen;
  assert.equal(readFileSync(state, 'utf8'), 'FROZEN');
});
