/** Data on filesystems of all kinds, each mounted for the test: containers run there, or the answer says why not. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { mount, mountOverlay, unmount } from '../../../src/host/mount.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Box } from '../containers/box.ts';

async function onRoot(make: (path: string, folder: string) => void, look: (box: Box) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const disk = join(folder.path, 'disk');
  mkdirSync(disk);
  make(disk, folder.path);
  try {
    await using box = await Box.open(['--root', join(disk, 'root')]);
    await look(box);
  } finally {
    unmount(disk, { lazy: true });
  }
}

const overlayOn = (disk: string, folder: string): void => {
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [lower, upper, work]) mkdirSync(each);
  mountOverlay({ lower: [lower], upper, work, target: disk });
};

describe('data', () => {
  test('on a tmpfs: containers run, keep what they write, and take commands', async () => {
    await onRoot((disk) => mount('tmpfs', disk, { type: 'tmpfs' }), async (box) => {
      const { id, stdout } = await box.sh('echo kept > /kept; cat /kept');
      assert.equal(stdout, 'kept\n');
      await box.daemon.restart();
      await box.ok('POST', `/containers/${id}/start`);
      assert.equal(await box.wait(id), 0);
    });
  });

  test('on an overlay, as in a container without a volume: a start says what is wrong and what to do', async () => {
    await onRoot(overlayOn, async (box) => {
      const id = await box.create({ Cmd: ['true'] });
      const { status, text } = await box.daemon.request('POST', `/containers/${id}/start`);
      assert.equal(status, 503);
      assert.match(text, /the filesystem of \S+ \(overlay\) cannot hold root filesystems of containers: .*--root on ext4, xfs, btrfs or tmpfs/);
    });
  });
});
