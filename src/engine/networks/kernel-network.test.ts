import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasGateway, isEnabled, poolOf } from './kernel-network.ts';

const mode = (family: 4 | 6, value: string): Record<string, string> => ({ [`com.docker.network.bridge.gateway_mode_ipv${family}`]: value });

test('hasGateway() says no only of internal networks that the host is to have no address on', () => {
  assert.equal(hasGateway({ internal: true, options: {} }, 4), true);
  assert.equal(hasGateway({ internal: true, options: mode(4, 'isolated') }, 4), false);
  assert.equal(hasGateway({ internal: true, options: mode(4, 'isolated') }, 6), true);
  const inhibited = { 'com.docker.network.bridge.inhibit_ipv4': 'true' };
  assert.deepEqual([hasGateway({ internal: true, options: inhibited }, 4), hasGateway({ internal: true, options: inhibited }, 6)], [false, true]);
  assert.equal(hasGateway({ internal: false, options: inhibited }, 4), true);
});

test('poolOf() is nothing for a family that is off, whatever was named for it', () => {
  const ipam = { driver: 'default', config: [{ subnet: '10.1.0.0/16' }, { subnet: 'fd00::/64' }] };
  assert.equal(poolOf({ ipam }, 4)?.subnet, '10.1.0.0/16');
  assert.equal(poolOf({ ipam }, 6), undefined);
  assert.equal(poolOf({ ipam, enableIPv4: false, enableIPv6: true }, 4), undefined);
  assert.equal(poolOf({ ipam, enableIPv4: false, enableIPv6: true }, 6)?.subnet, 'fd00::/64');
  assert.deepEqual([isEnabled({}, 4), isEnabled({}, 6)], [true, false]);
});
