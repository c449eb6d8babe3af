import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checked, libc } from '../../../src/host/ffi.ts';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { Engine } from '../../conformance/engine.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';

const CLONE_NEWNET = 0x40000000;
const image = 'gantry/busybox:latest';

describe('what the owner says about networks in daemon.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-network-settings-'));
  const file = join(folder, 'daemon.json');
  let daemon: TestDaemon;
  let engine: Engine;
  const say = (settings: object): void => writeFileSync(file, JSON.stringify(settings));
  const bridge = async (): Promise<any> => (await engine.expect('GET', '/networks/bridge', { status: 200 })).json;
  const output = async (cmd: string[], hostConfig: object = {}): Promise<string> => (await engine.finished({ Cmd: cmd, HostConfig: hostConfig })).stdout;

  before(async () => {
    checked(libc.func('int unshare(int flags)')(CLONE_NEWNET), 'unshare');
    spawnSync('ip', ['link', 'set', 'lo', 'up']);
    say({
      bip: '10.61.0.1/16', 'fixed-cidr': '10.61.7.0/24', mtu: 1400, ip: '127.0.0.1', icc: false, dns: ['192.0.2.53'], 'dns-search': ['corp.example'], 'dns-opts': ['ndots:2'],
      'default-address-pools': [{ base: '10.62.0.0/16', size: 24 }, { base: 'fd62::/48', size: 64 }], 'host-gateway-ips': ['192.0.2.1'],
      'default-network-opts': { bridge: { 'com.docker.network.driver.mtu': '1300' } }, 'userland-proxy': false,
    });
    daemon = await startDaemon({ args: ['--config-file', file] });
    engine = new Engine({ socketPath: daemon.socketPath, image, ours: true });
    await engine.expect('POST', '/images/create', { query: { fromImage: 'gantry/busybox', tag: 'latest' }, status: 200 });
  });
  after(async () => {
    await engine?.clean();
    await daemon?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the default bridge has its address, its range, its MTU and its options', async () => {
    const { IPAM, Options } = await bridge();
    assert.deepEqual(IPAM.Config, [{ Subnet: '10.61.0.0/16', IPRange: '10.61.7.0/24', Gateway: '10.61.0.1' }]);
    assert.equal(Options['com.docker.network.bridge.enable_icc'], 'false');
    assert.match(await output(['ip', 'addr', 'show', 'eth0']), /mtu 1400 [^]* inet 10\.61\.7\.\d+\/16 /);
  });

  test('containers have its name servers, its search and options, and its gateway', async () => {
    assert.match(await output(['cat', '/etc/resolv.conf']), /^nameserver 192\.0\.2\.53\nsearch corp\.example\noptions ndots:2\n/m);
    assert.match(await output(['cat', '/etc/resolv.conf'], { Dns: ['192.0.2.54'] }), /^nameserver 192\.0\.2\.54\nsearch corp\.example\n/m);
    assert.match(await output(['cat', '/etc/hosts'], { ExtraHosts: ['outside:host-gateway'] }), /^192\.0\.2\.1\toutside$/m);
  });

  test('networks come from its pools, with its options', async () => {
    for (const [Name, third] of [['one', 0], ['two', 1]] as const) {
      await engine.expect('POST', '/networks/create', { body: { Name, EnableIPv6: true }, status: 201 });
      const { IPAM, Options } = (await engine.expect('GET', `/networks/${Name}`, { status: 200 })).json;
      assert.deepEqual(IPAM.Config.map(({ Subnet }: { Subnet: string }) => Subnet), [`10.62.${third}.0/24`, third === 0 ? 'fd62::/64' : 'fd62:0:0:1::/64']);
      assert.equal(Options['com.docker.network.driver.mtu'], '1300');
    }
    await engine.expect('POST', '/networks/prune', { status: 200 });
  });

  test('ports without an address are published where it says, and nothing is passed on without the proxy', async () => {
    const published = async (bindings: object): Promise<unknown> => {
      const id = await engine.run({ HostConfig: { PortBindings: { '80/tcp': [bindings] } } });
      return (await engine.inspect(id)).NetworkSettings.Ports['80/tcp'].map(({ HostIp }: { HostIp: string }) => HostIp);
    };
    assert.deepEqual(await published({ HostPort: '' }), ['127.0.0.1']);
  });

  test('what changes is there after a start without containers on the bridge, and waits for that', async () => {
    await engine.clean();
    const id = await engine.run();
    say({ bip: '10.63.0.1/24', ipv6: true });
    await daemon.restart();
    assert.equal((await bridge()).IPAM.Config[0].Subnet, '10.61.0.0/16');
    assert.match(daemon.log, /the default bridge is not as the settings want it/);
    await engine.expect('DELETE', `/containers/${id}`, { query: { force: 1 }, status: 204 });
    await daemon.restart();
    const { IPAM, EnableIPv6, Options } = await bridge();
    assert.equal(EnableIPv6, true);
    assert.deepEqual(IPAM.Config[0], { Subnet: '10.63.0.0/24', Gateway: '10.63.0.1' });
    assert.match(await output(['ip', 'addr', 'show', 'eth0']), /mtu 1500 [^]*inet 10\.63\.0\.\d+\/24 [^]*inet6 fd/);
    using route = new RouteSocket();
    const { index } = route.link(Options['com.docker.network.bridge.name'])!;
    const addresses = route.addresses().filter(({ linkIndex }) => linkIndex === index).map(({ address }) => address);
    assert.ok(addresses.includes('10.63.0.1/24') && !addresses.includes('10.61.0.1/16'), addresses.join());
  });
});
