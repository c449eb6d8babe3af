import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Need } from '../facts/needs.ts';
import { planSetup } from './plan.ts';

const facts = (change: Partial<HostFacts> = {}): HostFacts => ({
  root: true, kernel: { major: 6, minor: 1, text: '6.1.0' }, families: ['debian'], filesystems: [],
  cgroups: { version: 'v2', controllers: ['memory'], unmounted: [], readOnly: [] }, ...change,
});
const need = (name: string, present: boolean): Need => (
  { name, why: `does ${name}`, packages: { debian: `deb-${name}`, fedora: `rpm-${name}`, arch: `arch-${name}` }, present: () => present }
);

test('planSetup() has nothing to do on a host that has everything', () => {
  assert.deepEqual(planSetup(facts(), [need('crun', true)], { apt: true, image: true }), { steps: [], byHand: [] });
});

test('planSetup() installs only what is missing', () => {
  const plan = planSetup(facts(), [need('crun', true), need('tini', false)], { apt: true, image: true });
  assert.deepEqual(plan.steps, [{ act: 'installPackages', packages: ['deb-tini'], whys: ['does tini'] }]);
});

test('planSetup() gives a person who is not root the command', () => {
  const plan = planSetup(facts({ root: false }), [need('tini', false)], { apt: true, image: true });
  assert.deepEqual(plan.steps, []);
  assert.match(plan.byHand[0] ?? '', /does tini.*sudo apt-get install deb-tini$/);
});

test('planSetup() leaves alternatives to apt, and gives a person the one that most releases have', () => {
  const tini = { ...need('tini', false), packages: { debian: 'tini-static | tini', fedora: 'x', arch: 'x' } };
  assert.deepEqual(planSetup(facts(), [tini], { apt: true, image: true }).steps, [{ act: 'installPackages', packages: ['tini-static | tini'], whys: ['does tini'] }]);
  assert.match(planSetup(facts({ root: false }), [tini], { apt: true, image: true }).byHand[0] ?? '', /sudo apt-get install tini$/);
});

test("planSetup() speaks each distribution's language", () => {
  const byHand = (families: string[]) => planSetup(facts({ families }), [need('tini', false)], { apt: false, image: true }).byHand[0];
  assert.match(byHand(['rhel', 'fedora']) ?? '', /dnf install rpm-tini$/);
  assert.match(byHand(['arch']) ?? '', /pacman -S arch-tini$/);
  assert.match(byHand(['alpine']) ?? '', /package manager \(Debian calls them: deb-tini\)$/);
});

test('planSetup() mounts the controllers that are missing beside mounted ones', () => {
  const cgroups = { version: 'v1' as const, controllers: ['memory'], unmounted: ['hugetlb'], readOnly: [] };
  assert.deepEqual(planSetup(facts({ cgroups }), [], { apt: true, image: true }).steps, [{ act: 'mountControllers', controllers: ['hugetlb'] }]);
  assert.match(planSetup(facts({ cgroups, root: false }), [], { apt: true, image: true }).byHand[0] ?? '', /not mounted: hugetlb/);
});

test('planSetup() mounts the unified hierarchy where there is none', () => {
  const cgroups = { version: 'none' as const, controllers: [], unmounted: [], readOnly: [] };
  assert.deepEqual(planSetup(facts({ cgroups }), [], { apt: true, image: true }).steps, [{ act: 'mountUnified' }]);
});

test('planSetup() makes the embedded image last, and only as root', () => {
  const lacking = { apt: true, image: false };
  assert.deepEqual(planSetup(facts(), [need('tini', false)], lacking).steps.map(({ act }) => act), ['installPackages', 'makeImage']);
  assert.deepEqual(planSetup(facts({ root: false }), [], lacking), { steps: [], byHand: [] });
});

test('planSetup() fetches Compose only where apt can, as root or not', () => {
  const wanted = { image: true, compose: true };
  assert.deepEqual(planSetup(facts({ root: false }), [], { ...wanted, apt: true }).steps, [{ act: 'fetchCompose' }]);
  assert.deepEqual(planSetup(facts(), [], { ...wanted, apt: false }), { steps: [], byHand: [] });
});

test('planSetup() sets a service up last, as root, where systemd runs it', () => {
  const wanted = { apt: true, image: false, service: 'systemd' as const };
  assert.deepEqual(planSetup(facts(), [], wanted).steps.map(({ act }) => act), ['makeImage', 'installService']);
  assert.deepEqual(planSetup(facts({ root: false }), [], wanted), { steps: [], byHand: ['A service is set up by root: gantry setup --service'] });
  assert.match(planSetup(facts(), [], { ...wanted, service: 'nobody' }).byHand[0] ?? '', /^systemd does not run this host/);
});
