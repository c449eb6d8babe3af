import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostConfig } from '../../oci/container.ts';
import { knownCapabilities } from './capabilities.ts';
import { checkSecurity } from './check-security.ts';
import type { HostFacts } from './spec-input.ts';

const facts: HostFacts = {
  cgroupVersion: 2, controllers: [], capabilities: [...knownCapabilities], apparmor: false, seccomp: true, hardLimits: { nofile: 1000, nproc: 1000 },
  kernel: '6.1.0', architecture: 'amd64', swapAccounting: false, runtimeName: 'crun', initPath: undefined,
};

const refused: [host: HostConfig, sentence: string][] = [
  [{ capAdd: ['nope'] }, 'invalid CapAdd: unknown capability: "CAP_NOPE"'],
  [{ capDrop: ['nope'] }, 'invalid CapDrop: unknown capability: "CAP_NOPE"'],
  [{ sysctls: { 'vm.swappiness': '1' } }, "sysctl 'vm.swappiness' is not allowed"],
  [{ securityOpt: ['foo=bar'] }, 'invalid --security-opt 2: "foo=bar"'],
  [{ securityOpt: ['apparmor=mine'] }, 'AppArmor is not enabled on this host: cannot apply the profile mine'],
  [{ maskedPaths: ['proc'] }, 'proc is not an absolute path'],
];

for (const [host, message] of refused) {
  test(`checkSecurity() refuses ${JSON.stringify(host)}`, () => assert.throws(() => checkSecurity(host, facts), { kind: 'invalid', message }));
}

test('checkSecurity() refuses a limit above what this host can give', () => {
  assert.throws(() => checkSecurity({ ulimits: [{ name: 'nofile', soft: 1, hard: 2000 }] }, { ...facts, capabilities: [] }), { kind: 'invalid' });
});

test('checkSecurity() takes a profile where AppArmor is, and unconfined everywhere', () => {
  checkSecurity({ securityOpt: ['apparmor=mine'] }, { ...facts, apparmor: true });
  checkSecurity({ securityOpt: ['apparmor:unconfined'] }, facts);
});

test('checkSecurity() takes what is whole', () => {
  checkSecurity({ capAdd: ['ALL'], capDrop: ['cap_kill'], ulimits: [{ name: 'nofile', soft: 1, hard: 2 }], securityOpt: ['no-new-privileges'] }, facts);
});
