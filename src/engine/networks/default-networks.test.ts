import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDefaults, withFreeSubnet } from './default-networks.ts';
import { defaultNetworkSettings } from './settings.ts';
import type { NetworkRecord } from './verbs.ts';

const [bridge] = missingDefaults([], { instanceId: 'i', usedSubnets: [], createdAt: '' }) as [NetworkRecord];
const placed = (usedSubnets: string[], settings = defaultNetworkSettings): NetworkRecord => withFreeSubnet(bridge, { usedSubnets, settings });

test('withFreeSubnet() leaves the default bridge where its subnet is free, also beside a default route', () => {
  assert.equal(placed(['0.0.0.0/0', '10.0.0.0/8', '172.18.0.0/16']), bridge);
});

test('withFreeSubnet() gives the default bridge the next subnet when somebody has its own, or a part of it, or all around it', () => {
  for (const taken of ['172.17.0.0/16', '172.17.5.0/24', '172.16.0.0/14']) {
    const { ipam } = placed([taken, '172.20.0.0/16']);
    const second = taken === '172.16.0.0/14' ? 21 : 18;
    assert.deepEqual(ipam.config, [{ subnet: `172.${second}.0.0/16`, gateway: `172.${second}.0.1` }]);
  }
});

test('withFreeSubnet() keeps the subnet when there is no other, and when the owner has named it', () => {
  assert.equal(placed(['0.0.0.0/1', '128.0.0.0/1']), bridge);
  const named = { ...defaultNetworkSettings, defaultBridge: { ...defaultNetworkSettings.defaultBridge, address: '172.17.0.1/16' } };
  assert.equal(placed(['172.17.0.0/16'], named), bridge);
});
