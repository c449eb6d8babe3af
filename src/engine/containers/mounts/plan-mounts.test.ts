import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig, HostConfig } from '../../../oci/container.ts';
import type { MountPoint } from '../record.ts';
import { planMounts } from './plan-mounts.ts';

const donor: MountPoint[] = [
  { type: 'volume', name: 'shared', source: '/v/shared', destination: '/data', driver: 'local', mode: '', rw: true, propagation: '', copyUp: false, resolved: {} as MountPoint['resolved'] },
  { type: 'bind', source: '/srv', destination: '/srv', mode: '', rw: true, propagation: 'rprivate', copyUp: false, resolved: { recursive: true } as MountPoint['resolved'] },
];
const plan = (hostConfig: HostConfig, config: ContainerConfig = {}) =>
  planMounts({ config, hostConfig, exists: (path) => path === '/there', recursiveReadOnly: true, mountsOf: () => donor });

test('planMounts() takes a bind, a named and an anonymous volume from -v', () => {
  const [bind, named, anonymous] = plan({ binds: ['/host/../host2/:/a/:ro,rshared', 'data:/b', '/c'] });
  assert.deepEqual(bind, { type: 'bind', source: '/host2', destination: '/a', mode: 'ro,rshared', readOnly: true, propagation: 'rshared', recursive: true, recursiveReadOnly: true, createSource: true });
  assert.deepEqual(named, { type: 'volume', name: 'data', destination: '/b', mode: 'z', readOnly: false, copyUp: true });
  assert.deepEqual(anonymous, { type: 'volume', destination: '/c', mode: '', readOnly: false, copyUp: true });
});

test('planMounts() puts parents before children, whatever the order they were asked in', () => {
  assert.deepEqual(plan({ binds: ['/x:/a/b/c', 'v:/a'], tmpfs: { '/a/b': '' } }).map((mount) => mount.destination), ['/a', '/a/b', '/a/b/c']);
});

test('planMounts() makes an anonymous volume only where nothing else is mounted', () => {
  const mounts = plan({ binds: ['named:/data'] }, { volumes: { '/data/': {}, '/other': {}, 'without/slash': {} } });
  assert.deepEqual(mounts.map((mount) => [mount.destination, mount.type === 'volume' && mount.name]), [['/data', 'named'], ['/other', undefined], ['/without/slash', undefined]]);
});

test('planMounts() inherits volumes and binds, read-only when asked, and lets -v win', () => {
  const mounts = plan({ volumesFrom: ['donor:ro'], binds: ['/mine:/srv'] });
  assert.deepEqual(mounts.map((mount) => [mount.type, mount.destination, mount.readOnly]), [['volume', '/data', true], ['bind', '/srv', false]]);
});

test('planMounts() gives tmpfs Docker\'s defaults, and the last of a pair wins', () => {
  const [mount] = plan({ tmpfs: { '/t': 'exec,size=1m,size=2m' } });
  assert.deepEqual(mount?.type === 'tmpfs' && mount.options, ['nosuid', 'nodev', 'exec', 'size=2m']);
});

const refused: [string, HostConfig, string | RegExp][] = [
  ['a mode as target', { binds: ['/a:ro'] }, "invalid volume specification: '/a:ro'"],
  ['an unknown mode', { binds: ['/a:/b:quick'] }, 'invalid mode: quick'],
  ['a mode given twice', { binds: ['/a:/b:ro,rw'] }, 'invalid mode: ro,rw'],
  ['four parts', { binds: ['a:b:c:d'] }, "invalid volume specification: 'a:b:c:d'"],
  ['the root as target', { binds: ['/a:/'] }, "invalid volume specification: '/a:/': invalid mount config for type \"bind\": invalid specification: destination can't be '/'"],
  ['a relative target', { binds: ['/a:b'] }, /invalid mount path: 'b' mount path must be absolute$/],
  ['two mounts at one place', { binds: ['/a:/b', 'v:/b/'] }, 'Duplicate mount point: /b'],
  ['a missing bind source with --mount', { mounts: [{ type: 'bind', source: '/missing', target: '/x' }] }, 'invalid mount config for type "bind": bind source path does not exist: /missing'],
  ['an empty bind source', { mounts: [{ type: 'bind', target: '/x' }] }, 'invalid mount config for type "bind": field Source must not be empty'],
  ['an empty target', { mounts: [{ type: 'volume' }] }, 'invalid mount config for type "volume": field Target must not be empty'],
  ['a source for tmpfs', { mounts: [{ type: 'tmpfs', source: '/x', target: '/x' }] }, 'invalid mount config for type "tmpfs": field Source must not be specified'],
  ['options of another type', { mounts: [{ type: 'volume', target: '/x', bindOptions: {} }] }, 'invalid mount config for type "volume": field BindOptions must not be specified'],
  ['an escaping subpath', { mounts: [{ type: 'volume', source: 'v', target: '/x', volumeOptions: { subpath: 'a/../../b' } }] }, 'invalid mount config for type "volume": subpath must be a relative path within the volume'],
  ['recursive read-only on a writable bind', { mounts: [{ type: 'bind', source: '/there', target: '/x', bindOptions: { readOnlyForceRecursive: true } }] }, /mount options conflict: !ReadOnly && BindOptions.ReadOnlyForceRecursive$/],
  ['an unknown type', { mounts: [{ type: 'nfs' as 'bind', target: '/x' }] }, 'invalid mount config for type "nfs": mount type unknown'],
  ['a tmpfs option the kernel lacks', { tmpfs: { '/x': 'colour=red' } }, 'invalid tmpfs option "colour"'],
  ['a tmpfs without a place', { tmpfs: { '': 'size=1m' } }, "invalid mount path: '' mount path must be absolute"],
  ['an empty --volumes-from', { volumesFrom: [''] }, 'volumes-from specification cannot be an empty string'],
  ['propagation on --volumes-from', { volumesFrom: ['x:rshared'] }, 'invalid mode: rshared'],
];
for (const [title, hostConfig, message] of refused) {
  test(`planMounts() refuses ${title}`, () => assert.throws(() => plan(hostConfig), { message }));
}
