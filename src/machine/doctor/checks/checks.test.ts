import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tmpdir } from 'node:os';
import type { HostFacts } from '../../facts/host-facts.ts';
import { finding, ok } from '../check.ts';
import { apparmorFinding } from './apparmor.ts';
import { cgroupFindings } from './cgroups.ts';
import { daemonFinding } from './daemon.ts';
import { folderFindings } from './folders.ts';
import { kernelFindings } from './kernel.ts';
import { forwarding } from './network.ts';
import { limitFindings } from './resources.ts';
import { judge } from './runtimes.ts';

const facts = (change: Partial<HostFacts>): HostFacts => ({
  root: true, kernel: { major: 6, minor: 1, text: '6.1.0' }, families: [], filesystems: ['proc', 'sysfs', 'tmpfs', 'devpts', 'mqueue', 'overlay', 'erofs'],
  cgroups: { version: 'v2', controllers: ['cpu', 'cpuset', 'memory', 'pids', 'io'], unmounted: [], readOnly: [] }, ...change,
});
const outcomes = (findings: { check: string; outcome: string }[]) => findings.map(({ check, outcome }) => `${check} ${outcome}`);

test('kernelFindings() refuses a kernel without the calls that Gantry makes', () => {
  assert.ok(outcomes(kernelFindings(facts({ kernel: { major: 5, minor: 4, text: '5.4.0' } }))).includes('kernel fail'));
  assert.ok(outcomes(kernelFindings(facts({}))).includes('kernel ok'));
});

test('kernelFindings() names a filesystem that every container has mounted and the kernel has not', () => {
  const lost = kernelFindings(facts({ filesystems: ['proc', 'sysfs', 'tmpfs', 'devpts'] })).find(({ check }) => check === 'filesystems');
  assert.deepEqual([lost?.outcome, lost?.detail], ['fail', 'this kernel has no mqueue']);
});

test('kernelFindings() promises EROFS layers only from the kernel that mounts them from files', () => {
  const layers = (minor: number) => kernelFindings(facts({ kernel: { major: 6, minor, text: '' } })).find(({ check }) => check === 'layers')?.detail;
  assert.match(layers(12) ?? '', /^this kernel mounts EROFS/);
  assert.match(layers(11) ?? '', /unpacked/);
});

test('cgroupFindings() is content with all controllers', () => {
  assert.deepEqual(outcomes(cgroupFindings(facts({}))), ['cgroups ok']);
});

test('cgroupFindings() names the options that a missing controller takes away', () => {
  const [lost] = cgroupFindings(facts({ cgroups: { version: 'v2', controllers: ['cpu', 'cpuset', 'io'], unmounted: [], readOnly: [] } }));
  assert.equal(lost?.detail, 'this kernel cannot do --memory, --pids-limit');
});

test('cgroupFindings() tells an unmounted controller from a missing one', () => {
  const cgroups = { version: 'v1' as const, controllers: ['cpu', 'cpuset', 'memory', 'blkio'], unmounted: ['pids'], readOnly: [] };
  const findings = cgroupFindings(facts({ cgroups }));
  assert.deepEqual(outcomes(findings), ['cgroups warn']);
  assert.match(findings[0]?.detail ?? '', /not mounted: pids/);
});

test('cgroupFindings() fails where no group can be made', () => {
  const [found] = cgroupFindings(facts({ cgroups: { version: 'v2', controllers: ['cpu', 'cpuset', 'memory', 'pids', 'io'], unmounted: [], readOnly: ['/sys/fs/cgroup'] } }));
  assert.deepEqual([found?.outcome, found?.detail], ['fail', 'mounted read-only: /sys/fs/cgroup']);
});

test('forwarding() fails only where it is off and stays so', () => {
  assert.deepEqual([forwarding('1', false), forwarding('0', true), forwarding('0', false)].map(({ outcome }) => outcome), ['ok', 'ok', 'fail']);
});

test('cgroupFindings() fails without any control group', () => {
  assert.deepEqual(outcomes(cgroupFindings(facts({ cgroups: { version: 'none', controllers: [], unmounted: [], readOnly: [] } }))), ['cgroups fail']);
});

test('limitFindings() warns of a hard limit that few containers reach', () => {
  const limits = (files: string) => `Max processes   96365   96365   processes\nMax open files  1024  ${files}  files\n`;
  assert.deepEqual(outcomes(limitFindings(limits('1024'))), ['limits warn']);
  assert.deepEqual(outcomes(limitFindings(limits('20000'))), ['limits note']);
  assert.deepEqual(outcomes(limitFindings(limits('unlimited'))), ['limits ok']);
});

test('daemonFinding() does not mind when there is no daemon', async () => {
  assert.equal((await daemonFinding('/nowhere/gantry.sock')).outcome, 'ok');
});

test('apparmorFinding() tells whether a profile can confine a container', () => {
  assert.deepEqual([apparmorFinding('Y\n').outcome, apparmorFinding('N\n').outcome, apparmorFinding('').outcome], ['note', 'ok', 'ok']);
});

test('folderFindings() names each folder that cannot be written to, and is one line where all can', () => {
  const all = { root: tmpdir(), run: `${tmpdir()}/not/yet`, temporary: tmpdir() };
  assert.deepEqual(outcomes(folderFindings(all)), ['folders ok']);
  assert.deepEqual(outcomes(folderFindings({ ...all, root: '/proc/gantry', run: '/etc/passwd/run' })), ['root fail', 'run fail']);
});

test('judge() lets one runtime that works be enough, and falls back on none where none does', () => {
  const crun = finding('runtime crun', 'warn', 'broken', 'Gantry uses runc instead.');
  assert.deepEqual(outcomes(judge([crun, ok('runtime runc', 'works')])), ['runtime crun warn', 'runtime runc ok']);
  const [first] = judge([crun, finding('runtime runc', 'note', 'is not installed', 'gantry setup')]);
  assert.deepEqual([first?.outcome, first?.remedy?.includes('runc instead')], ['fail', false]);
});
