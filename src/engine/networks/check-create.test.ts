import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { checkCreate } from './check-create.ts';
import { checkAttachable, checkEndpoint } from './check-endpoint.ts';
import { unknownOptions } from './check-options.ts';
import type { NetworkCreateRequest, NetworkRecord } from './verbs.ts';

const request = (more: Partial<NetworkCreateRequest> = {}): NetworkCreateRequest => ({
  name: 'app', driver: 'bridge', ipam: { driver: 'default', options: {}, config: [] }, internal: false, attachable: false, ingress: false, configOnly: false, options: {}, labels: {}, ...more,
});
const pool = (subnet: string, more: object = {}) => ({ ipam: { driver: 'default', options: {}, config: [{ subnet, ...more }] } });
const pool6 = (subnet: string, more: object) => ({ enableIPv6: true, ...pool(subnet, more) });
const docker = 'com.docker.network.';

describe('checkCreate()', () => {
  const accepted: [string, Partial<NetworkCreateRequest>][] = [
    ['a name that people read', { name: 'my app: a/b' }],
    ['bridge options', { options: { [`${docker}bridge.name`]: 'web0', [`${docker}bridge.enable_icc`]: 'false', [`${docker}bridge.inhibit_ipv4`]: 'true', [`${docker}bridge.gateway_mode_ipv4`]: 'nat', [`${docker}bridge.gateway_mode_ipv6`]: 'routed', [`${docker}bridge.trusted_host_interfaces`]: 'eth0:eth1', [`${docker}host_ipv4`]: '192.0.2.2', [`${docker}driver.mtu`]: '9000', [`${docker}container_iface_prefix`]: 'net' } }],
    ['macvlan options', { driver: 'macvlan', options: { parent: 'eth0.10', macvlan_mode: 'vepa' } }],
    ['a pool with all its parts', pool('10.1.0.0/16', { ipRange: '10.1.2.0/24', gateway: '10.1.0.9', auxAddresses: { a: '10.1.0.10' } })],
    ['an IPv6 pool, however it is written', pool('fd00:0:0::/64', { gateway: 'fd00::1' })],
    ['an option that it does not know, and one that is for another driver', { options: { anything: 'goes', parent: 'eth0' } }],
    ['a pool of a family that is off, whatever it is', { enableIPv6: false, ...pool('fd00::1/64') }],
    ['a configuration with any options', { configOnly: true, driver: 'bridge', options: { anything: 'goes' } }],
  ];
  for (const [what, more] of accepted) it(`accepts ${what}`, () => checkCreate(request(more)));

  const refused: [string, Partial<NetworkCreateRequest>, RegExp][] = [
    ['ipvlan', { driver: 'ipvlan' }, /ipvlan is not supported/],
    ['overlay', { driver: 'overlay' }, /not a swarm manager/],
    ['a scope that there is not', { scope: 'moon' }, /not a swarm manager/],
    ['a prefix too long for a link', { options: { [`${docker}container_iface_prefix`]: 'averylongprefix' } }, /cannot begin the name of a link/],
    ['an MTU that is less than none', { options: { [`${docker}driver.mtu`]: '-1' } }, /^invalid MTU number: -1$/],
    ['a source that is no address', { options: { [`${docker}host_ipv4`]: 'x' } }, /^failed to parse com\.docker\.network\.host_ipv4 value: x \(nil ip\)$/],
    ['an unknown gateway mode', { options: { [`${docker}bridge.gateway_mode_ipv6`]: 'bridged' } }, /\(unknown gateway mode bridged\)$/],
    ['an isolated gateway of an open network', { options: { [`${docker}bridge.gateway_mode_ipv4`]: 'isolated' } }, /^gateway mode 'isolated' can only be used for an internal network$/],
    ['a source of the other family', { options: { [`${docker}host_ipv4`]: '::1' } }, /"::1" is no IPv4 address/],
    ['a trusted interface that cannot be', { options: { [`${docker}bridge.trusted_host_interfaces`]: 'eth0:a/b' } }, /"a\/b" is not the name of a link/],
    ['host bits', pool('10.1.0.1/16'), /invalid subnet 10\.1\.0\.1\/16: it should be 10\.1\.0\.0\/16/],
    ['a range beyond the subnet', pool('10.1.0.0/16', { ipRange: '10.2.0.0/24' }), /doesn't contain ip-range/],
    ['a range greater than the subnet', pool('10.1.0.0/16', { ipRange: '10.0.0.0/8' }), /bigger than its parent subnet/],
    ['a gateway of the other family', pool('10.1.0.0/16', { gateway: 'fd00::1' }), /parent subnet is an IPv4 block/],
    ['an auxiliary address elsewhere', pool('10.1.0.0/16', { auxAddresses: { a: '10.2.0.1' } }), /invalid auxiliary address a: parent subnet/],
    ['an auxiliary address twice', pool('10.1.0.0/16', { auxAddresses: { a: '10.1.0.7', b: '10.1.0.7' } }), /^failed to allocate secondary ip address \(b:10\.1\.0\.7\): Address already in use$/],
    ['an auxiliary address that is written in two ways', pool6('fd00::/64', { auxAddresses: { a: 'fd00::7', b: 'fd00:0::07' } }), /b:fd00:0::07\): Address already in use$/],
    ['a gateway that is everybody', pool('10.1.0.0/16', { gateway: '10.1.255.255' }), /^failed to allocate gateway \(10\.1\.255\.255\): Address already in use$/],
    ['an address of all routers as the gateway', pool6('fd00::/64', { gateway: 'fd00::' }), /^failed to allocate gateway \(fd00::\): Address already in use$/],
    ['a family that is neither on nor off', { options: { [`${docker}enable_ipv6`]: 'maybe' } }, /^driver-opt "com\.docker\.network\.enable_ipv6" is not a valid bool$/],
    ['a name of this engine\'s own bridges', { options: { [`${docker}bridge.name`]: 'gb-s1234' } }, /are this engine's own/],
    ['the name default', { name: 'default' }, /^operation is not permitted on predefined default network $/],
    ['a name of nothing but spaces', { name: ' ' }, /^invalid name: name is empty$/],
    ['a configuration from a configuration', { configOnly: true, configFrom: 'other' }, /cannot depend on another configuration network/],
    ['an internal configuration', { configOnly: true, internal: true }, /can only contain network specific fields/],
  ];
  for (const [what, more, message] of refused) it(`refuses ${what}`, () => assert.throws(() => checkCreate(request(more)), { message }));
});

test('checkCreate() tells all that is wrong with pools at once', () => {
  assert.throws(() => checkCreate(request(pool('10.1.0.0/16', { gateway: '10.2.0.1', ipRange: '10.3.0.0/24' }))), {
    message: "invalid network config:\n* invalid ip-range 10.3.0.0/24: parent subnet 10.1.0.0/16 doesn't contain ip-range\n* invalid gateway 10.2.0.1: parent subnet 10.1.0.0/16 doesn't contain this address",
  });
});

test('unknownOptions() names what has no effect, by driver', () => {
  const options = { [`${docker}driver.mtu`]: '1400', parent: 'eth0', speed: 'high' };
  assert.deepEqual(unknownOptions('bridge', options), ['parent', 'speed']);
  assert.deepEqual(unknownOptions('macvlan', options), ['speed']);
});

describe('checkEndpoint()', () => {
  const network = { ...request(pool('10.1.0.0/16')), id: 'n', createdAt: '', scope: 'local', bridge: 'gb-1' } as NetworkRecord;

  it('accepts an option that it does not know', () => checkEndpoint(network, { driverOpts: { speed: 'high' } }));

  it('accepts a name and settings of the link, and link-local addresses', () => {
    checkEndpoint(network, { ipamConfig: { ipv4Address: '10.1.0.5', linkLocalIPs: ['169.254.5.5'] }, driverOpts: { [`${docker}endpoint.ifname`]: 'web0', [`${docker}endpoint.sysctls`]: 'net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.ifname.accept_ra=2' } });
  });

  const refused: [string, Parameters<typeof checkEndpoint>[1], RegExp][] = [
    ['an address elsewhere', { ipamConfig: { ipv4Address: '10.2.0.5' } }, /no configured subnet or ip-range contain the IP address 10\.2\.0\.5/],
    ['an IPv6 address without a subnet for it', { ipamConfig: { ipv6Address: 'fd00::5' } }, /only when connecting to networks with user configured subnets$/],
    ['a link-local address that is no address', { ipamConfig: { ipv4Address: 'x', linkLocalIPs: ['y'] } }, /^invalid endpoint settings:\n\* invalid IPv4 address: x\n\* invalid link-local IP address: y\n\* no configured subnet or ip-range contain the IP address x$/],
    ['lo as a name', { driverOpts: { [`${docker}endpoint.ifname`]: 'lo' } }, /not the name of a link/],
    ['a setting of all links', { driverOpts: { [`${docker}endpoint.sysctls`]: 'net.ipv4.ip_forward=1' } }, /unrecognised network interface sysctl/],
    ['a setting that climbs out', { driverOpts: { [`${docker}endpoint.sysctls`]: 'net.ipv4.conf.IFNAME/../../ip_forward=1' } }, /unrecognised network interface sysctl/],
    ['a hardware address that is none', { macAddress: '02:42' }, /invalid MAC address/],
  ];
  for (const [what, asked, message] of refused) it(`refuses ${what}`, () => assert.throws(() => checkEndpoint(network, asked), { message }));

  it('refuses an address of its own choice where the engine chose the subnet', () => {
    const chosen: NetworkRecord = { ...network, ipam: { driver: 'default', config: [{ subnet: '10.1.0.0/16', gateway: '10.1.0.1', chosen: 'pool' }] } };
    assert.throws(() => checkEndpoint(chosen, { ipamConfig: { ipv4Address: '10.1.0.5' } }), { message: /only when connecting to networks with user configured subnets$/ });
  });
});

test('checkAttachable() refuses a configuration, and a link-local address that is elsewhere', () => {
  const network = { ...request(pool('10.1.0.0/16')), id: 'n', createdAt: '', scope: 'local', bridge: 'gb-1' } as NetworkRecord;
  checkAttachable(network, { ipamConfig: { linkLocalIPs: ['169.254.5.5', 'fe80::5'] } });
  assert.throws(() => checkAttachable({ ...network, configOnly: true }, {}), { kind: 'forbidden', message: 'cannot create endpoint on configuration-only network' });
  assert.throws(() => checkAttachable(network, { ipamConfig: { linkLocalIPs: ['10.1.0.5'] } }), { kind: 'invalid', message: 'invalid link local IP address: 10.1.0.5' });
});
