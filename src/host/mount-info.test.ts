import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mountOf, parseMountInfo } from './mount-info.ts';

const text = `25 1 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/root rw,errors=remount-ro
30 31 0:26 /sub\\040dir /mnt/with\\040space ro,nosuid - tmpfs tmp\\134fs rw,size=5m
31 25 0:27 / /mnt rw - tmpfs none rw
`;

describe('parseMountInfo()', () => {
  it('reads every field, with or without propagation, and the kernel\'s escapes', () => {
    assert.deepEqual(parseMountInfo(text).slice(0, 2), [
      { id: 25, parentId: 1, device: '8:1', root: '/', target: '/', options: ['rw', 'relatime'], propagation: ['shared:1', 'master:2'], type: 'ext4', source: '/dev/root', superOptions: ['rw', 'errors=remount-ro'] },
      { id: 30, parentId: 31, device: '0:26', root: '/sub dir', target: '/mnt/with space', options: ['ro', 'nosuid'], propagation: [], type: 'tmpfs', source: 'tmp\\fs', superOptions: ['rw', 'size=5m'] },
    ]);
  });

  it('mountOf() finds the mount a path lies on, not one whose name merely begins alike', () => {
    const all = parseMountInfo(text);
    assert.deepEqual(['/mnt/with space/x', '/mnt/x', '/mntx', '/'].map((path) => mountOf(path, all)?.id), [30, 31, 25, 25]);
  });

  it('mountOf() does not find what a later mount hides', () => {
    const all = parseMountInfo(`${text}32 31 0:28 / /mnt rw - tmpfs over rw\n`);
    assert.deepEqual(['/mnt/with space/x', '/mnt/x', '/mnt'].map((path) => mountOf(path, all)?.id), [32, 32, 32]);
  });
});
