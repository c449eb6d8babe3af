import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultNetworkSettings } from '../engine/networks/settings.ts';
import { foldNetworkFlags, networkSettingsOf } from './network-settings.ts';

describe('networkSettingsOf()', () => {
  it('is Docker\'s without settings', () => {
    const { defaultBridge, ...rest } = networkSettingsOf({});
    const { defaultBridge: bridge, ...others } = defaultNetworkSettings;
    assert.deepEqual([rest, defaultBridge], [others, { ...bridge, ipv6: false }]);
  });

  it('reads what is about the default bridge', () => {
    assert.deepEqual(networkSettingsOf({ bip: '10.5.0.1/16', 'fixed-cidr': '10.5.8.0/24', ipv6: true, 'fixed-cidr-v6': 'fd05::/64', icc: false, 'ip-masq': false, mtu: 1400, ip: '127.0.0.1' }).defaultBridge, {
      address: '10.5.0.1/16', range: '10.5.8.0/24', ipv6: true, subnet6: 'fd05::/64', icc: false, masquerade: false, mtu: 1400, hostIp: '127.0.0.1',
    });
  });

  it('reads pools of both families', () => {
    const { pools, pools6 } = networkSettingsOf({ 'default-address-pools': [{ base: '10.10.0.0/16', size: 24 }, { base: 'fd10::/48', size: 64 }] });
    assert.deepEqual([pools, pools6], [[{ base: '10.10.0.0/16', size: 24 }], [{ base: 'fd10::/48', size: 64 }]]);
  });

  for (const [what, settings, message] of [
    ['a bip that is no address', { bip: 'nonsense' }, /^bip cannot be nonsense$/],
    ['a range outside of the bridge', { bip: '10.5.0.1/16', 'fixed-cidr': '10.6.0.0/24' }, /^fixed-cidr cannot be 10\.6\.0\.0\/24$/],
    ['a range without a bridge', { 'fixed-cidr': '10.6.0.0/24' }, /^fixed-cidr needs bip/],
    ['an IPv4 subnet for IPv6', { 'fixed-cidr-v6': '10.6.0.0/24' }, /^fixed-cidr-v6 cannot be/],
    ['a pool of subnets larger than itself', { 'default-address-pools': [{ base: '10.10.0.0/16', size: 8 }] }, /^default-address-pools cannot be base=10\.10\.0\.0\/16,size=8$/],
    ['an MTU that no link has', { mtu: 20 }, /^mtu cannot be 20$/],
    ['a name for an address of a name server', { dns: ['dns.example'] }, /^dns cannot be dns\.example$/],
    ['an option that networks do not have', { 'default-network-opts': { bridge: { nope: '1' } } }, /^the network option nope is not supported by the driver bridge$/],
  ] as [string, Record<string, unknown>, RegExp][]) {
    it(`refuses ${what}`, () => assert.throws(() => networkSettingsOf(settings), { kind: 'invalid', message }));
  }
});

describe('foldNetworkFlags()', () => {
  it('gives flags the names and types of the file', () => {
    assert.deepEqual(foldNetworkFlags({ icc: false, mtu: '1400', 'default-network-opt': ['bridge=a=b', 'bridge=c=d=e', 'macvlan=a='], 'dns-opt': ['ndots:1'], 'default-address-pool': ['base=10.10.0.0/16,size=24'], 'host-gateway-ip': ['10.0.0.1'], root: '/r' }), {
      icc: false, mtu: 1400, 'default-network-opts': { bridge: { a: 'b', c: 'd=e' }, macvlan: { a: '' } }, 'dns-opts': ['ndots:1'], 'default-address-pools': [{ base: '10.10.0.0/16', size: 24 }], 'host-gateway-ips': ['10.0.0.1'], root: '/r',
    });
  });

  it('refuses a network option without its driver or its value', () => {
    for (const text of ['bridge', 'bridge=a', '=a=b']) assert.throws(() => foldNetworkFlags({ 'default-network-opt': [text] }), { kind: 'invalid', message: /should be root-key=key=value$/ });
  });
});
