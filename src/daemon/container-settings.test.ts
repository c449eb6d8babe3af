import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { HostFacts } from '../runtime/spec/spec-input.ts';
import { containerSettingsOf, foldContainerFlags, possibleUlimits, readSeccompProfile } from './container-settings.ts';

describe('containerSettingsOf()', () => {
  test('is Docker\'s without settings', () => {
    assert.deepEqual(containerSettingsOf({}), {
      ulimits: [], shmBytes: 64 << 20, ipcMode: 'private', cgroupnsMode: undefined, noNewPrivileges: false, cgroupParent: undefined, seccompProfile: 'builtin',
    });
  });

  test('reads each', () => {
    assert.deepEqual(containerSettingsOf({
      'default-ulimits': { nofile: { Name: 'nofile', Soft: 10, Hard: 20 }, core: { name: 'core', hard: -1, SOFT: -1 } }, 'default-shm-size': '1.5k', 'default-ipc-mode': 'shareable', 'default-cgroupns-mode': 'host',
      'no-new-privileges': true, 'cgroup-parent': '/p', 'seccomp-profile': 'unconfined', 'exec-opts': ['native.cgroupdriver=systemd', 'native.cgroupdriver=cgroupfs'],
    }), {
      ulimits: [{ name: 'nofile', soft: 10, hard: 20 }, { name: 'core', soft: -1, hard: -1 }], shmBytes: 1536, ipcMode: 'shareable', cgroupnsMode: 'host',
      noNewPrivileges: true, cgroupParent: '/p', seccompProfile: 'unconfined',
    });
  });

  test('takes what is empty, and a size of 0, for the default', () => {
    assert.deepEqual(containerSettingsOf({ 'default-shm-size': '0', 'default-ipc-mode': '', 'default-cgroupns-mode': '', 'cgroup-parent': '', 'seccomp-profile': '', 'exec-opts': [] }), containerSettingsOf({}));
  });

  for (const [what, settings, message] of [
    ['a size that is none', { 'default-shm-size': 'nope' }, "default-shm-size: invalid size: 'nope'"],
    ['a size below 0', { 'default-shm-size': '-1' }, "default-shm-size: invalid size: '-1'"],
    ['an IPC mode that no container can begin with', { 'default-ipc-mode': 'host' }, 'IPC mode "host" is not supported as default value; use "shareable" or "private"'],
    ['an IPC mode that is none', { 'default-ipc-mode': 'x' }, 'default IPC mode setting (x) is invalid; use "shareable" or "private"'],
    ['a mode of control groups that is none', { 'default-cgroupns-mode': 'x' }, 'invalid default cgroup namespace (x): use "host" or "private"'],
    ['a limit that is none', { 'default-ulimits': { nope: { Soft: 1, Hard: 1 } } }, 'default-ulimits: invalid ulimit type: nope'],
    ['a soft limit above the hard one', { 'default-ulimits': { nofile: { Soft: 2, Hard: 1 } } }, 'default-ulimits: ulimit soft limit must be less than or equal to hard limit: 2 > 1'],
    ['a limit under two names', { 'default-ulimits': { nofile: { Name: 'core', Soft: 1, Hard: 1 } } }, 'default-ulimits: nofile is named core within'],
    ['systemd as the driver of control groups', { 'exec-opts': ['native.cgroupdriver=systemd'] }, 'native.cgroupdriver option systemd is not supported by this engine'],
    ['a driver that nobody has', { 'exec-opts': ['native.cgroupdriver=foo'] }, 'native.cgroupdriver option foo not supported'],
    ['an exec option that is none', { 'exec-opts': ['a=b'] }, "invalid exec-opt (a=b): unknown option: 'a'"],
    ['an exec option without a value', { 'exec-opts': ['foo'] }, "invalid exec-opt (foo): must be formatted 'opt=value'"],
  ] as [string, Record<string, unknown>, string][]) {
    test(`refuses ${what}`, () => assert.throws(() => containerSettingsOf(settings), { kind: 'invalid', message }));
  }
});

describe('foldContainerFlags()', () => {
  test('gives flags the names and types of the file', () => {
    assert.deepEqual(foldContainerFlags({ 'default-ulimit': ['nofile=10:20', 'core=0'], 'exec-opt': ['a=b'], 'no-new-privileges': true, root: '/r' }), {
      'default-ulimits': { nofile: { Name: 'nofile', Soft: 10, Hard: 20 }, core: { Name: 'core', Soft: 0, Hard: 0 } }, 'exec-opts': ['a=b'], 'no-new-privileges': true, root: '/r',
    });
  });

  test('refuses a limit in Docker\'s words', () => {
    for (const [text, why] of [['nofile', 'invalid ulimit argument: nofile'], ['nope=1', 'invalid ulimit type: nope'], ['nofile=20:10', 'ulimit soft limit must be less than or equal to hard limit: 20 > 10']] as const) {
      assert.throws(() => foldContainerFlags({ 'default-ulimit': [text] }), { kind: 'invalid', message: `invalid argument "${text}" for "--default-ulimit" flag: ${why}` });
    }
  });
});

test('possibleUlimits() brings defaults down to what the host can give, where it cannot give more', () => {
  const asked = [{ name: 'nofile', soft: 64_000, hard: -1 }, { name: 'nproc', soft: 50, hard: 60 }, { name: 'core', soft: -1, hard: -1 }];
  const hardLimits = { nofile: 20_000, nproc: 100 };
  assert.deepEqual(possibleUlimits(asked, { hardLimits, capabilities: [] }), [{ name: 'nofile', soft: 20_000, hard: 20_000 }, { name: 'nproc', soft: 50, hard: 60 }, asked[2]]);
  assert.deepEqual(possibleUlimits(asked, { hardLimits, capabilities: ['CAP_SYS_RESOURCE'] }), asked);
});

describe('readSeccompProfile()', () => {
  const facts = { seccomp: true, kernel: '6.1.0', architecture: 'x64' } as HostFacts;
  const read = (seccompProfile: string): string | undefined => readSeccompProfile({ seccompProfile }, facts);

  test('knows two by name', () => assert.deepEqual([read('builtin'), read('unconfined')], [undefined, 'unconfined']));

  test('gives the text of a file that holds one, and refuses others', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-profile-'));
    try {
      const file = join(folder, 'profile.json');
      writeFileSync(file, '{"defaultAction": "SCMP_ACT_ALLOW"}');
      assert.equal(read(file), '{"defaultAction": "SCMP_ACT_ALLOW"}');
      writeFileSync(file, '{');
      assert.throws(() => read(file), { kind: 'invalid', message: /^Decoding seccomp profile failed: / });
      assert.throws(() => read(join(folder, 'none')), { kind: 'invalid', message: `opening seccomp profile (${folder}/none) failed: open ${folder}/none: no such file or directory` });
      assert.throws(() => read(folder), { kind: 'invalid', message: /: is a directory$/ });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
