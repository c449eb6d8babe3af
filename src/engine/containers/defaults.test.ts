import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostConfig } from '../../oci/container.ts';
import { cgroupPathOf, nextCgroupPath } from './cgroup-path.ts';
import { defaultCgroupnsMode, startedHostConfig, withDefaultUlimits } from './defaults.ts';
import type { ContainerSettings } from './deps.ts';

const nofile = (limit: number) => ({ name: 'nofile', soft: limit, hard: limit });
const core = { name: 'core', soft: 0, hard: 0 };

test('withDefaultUlimits() adds the limits that a container does not name', () => {
  assert.deepEqual(withDefaultUlimits(undefined, [nofile(7), core]), [nofile(7), core]);
  assert.deepEqual(withDefaultUlimits([nofile(9)], [nofile(7), core]), [nofile(9), core]);
  assert.equal(withDefaultUlimits(undefined, []), undefined);
});

describe('startedHostConfig()', () => {
  const options = (hostConfig: HostConfig, seccomp: string | undefined, noNewPrivileges = false): string[] | undefined =>
    startedHostConfig({ hostConfig, noNewPrivileges }, { ulimits: [], seccomp }).securityOpt;

  test('puts the defaults of security before what the container says, which then holds', () => {
    assert.deepEqual(options({ securityOpt: ['seccomp=builtin', 'no-new-privileges=false'] }, 'unconfined', true), ['no-new-privileges', 'seccomp=unconfined', 'seccomp=builtin', 'no-new-privileges=false']);
  });

  test('leaves a container as it is where there are none', () => {
    assert.equal(options({}, undefined), undefined);
    assert.deepEqual(options({ securityOpt: ['label=disable'] }, undefined), ['label=disable']);
  });

  test('gives a privileged container no profile that it does not name', () => {
    assert.deepEqual(options({ privileged: true }, '{}', true), ['no-new-privileges']);
  });

  test('knows of privileges what the create knew', () => {
    assert.equal(startedHostConfig({ hostConfig: {} }, { ulimits: [], seccomp: undefined }).securityOpt, undefined);
  });
});

test('defaultCgroupnsMode() leaves privileged containers to the host with version 1', () => {
  assert.equal(defaultCgroupnsMode(true, 1, { cgroupnsMode: 'private' }), 'host');
  assert.equal(defaultCgroupnsMode(true, 2, { cgroupnsMode: 'private' }), 'private');
  assert.equal(defaultCgroupnsMode(false, 1, { cgroupnsMode: 'private' }), 'private');
});

describe('the place of a control group', () => {
  const deps = (cgroupParent: string | undefined) => ({ settings: { ownCgroup: '/own', defaults: { cgroupParent } } as ContainerSettings });

  test('is below the container\'s word, then the engine\'s settings, then the engine\'s own', () => {
    assert.equal(nextCgroupPath(deps('/all'), { id: 'c', hostConfig: { cgroupParent: 'mine' } }), '/mine/c');
    assert.equal(nextCgroupPath(deps('/all'), { id: 'c', hostConfig: { cgroupParent: '' } }), '/all/c');
    assert.equal(nextCgroupPath(deps(undefined), { id: 'c', hostConfig: {} }), '/own/c');
  });

  test('never leaves the hierarchy', () => assert.equal(nextCgroupPath(deps('../../etc'), { id: 'c', hostConfig: {} }), '/etc/c'));

  test('stays that of the last start, whatever the settings say by now', () => {
    assert.equal(cgroupPathOf(deps('/new'), { id: 'c', hostConfig: {}, cgroupPath: '/old/c' }), '/old/c');
    assert.equal(cgroupPathOf(deps('/new'), { id: 'c', hostConfig: {} }), '/own/c');
  });
});
