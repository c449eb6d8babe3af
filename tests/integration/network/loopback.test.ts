import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { namesOfConnect6 } from '../../../src/host/bpf.ts';
import { cgroupMounts } from '../../../src/host/cgroups.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import { hookName } from '../../../src/network/loopback/loopback.ts';
import type { BridgeNetwork, Endpoint, PublishedPort } from '../../../src/network/network.ts';
import { reserveHostPort } from '../../../src/network/ports/reserve.ts';
import { Stage } from './stage.ts';

const instance = `l${process.pid}`;
const cgroup = cgroupMounts().find(({ version }) => version === 2)?.mountPoint;
const network: BridgeNetwork = {
  id: 'only4', bridge: bridgeName(instance, 'only4'), ipv4: { subnet: '172.30.9.0/24', gateway: '172.30.9.1' }, internal: false, masquerade: true, icc: true, mtu: 1500,
};
const at6 = (hostPort: number): PublishedPort => ({ protocol: 'tcp', containerPort: 80, hostIp: '::1', hostPort });

const isAttached = (): boolean => namesOfConnect6(cgroup!).includes(hookName(instance));

describe('ports at [::1] of containers without IPv6', { skip: cgroup === undefined && 'no cgroup 2 is mounted' }, () => {
  const stage = new Stage(instance, { brNetfilter: true });
  let web: Endpoint;

  before(() => stage.backend.prepare({ networks: [network], endpoints: [], sandboxes: [] }));
  after(async () => {
    const last = stage.newBackend();
    await last.dismantle();
    await last.close();
    await stage.strike();
  });

  it('no port, no hook on the host\'s connect(2)', () => assert.equal(isAttached(), false));

  it('the first port brings it', async () => {
    const made = await stage.container('web', network, { ipv4: '172.30.9.2/24', ports: [at6(8080), at6(8081)] });
    web = made.endpoint;
    await stage.serve(made.sandbox.path, 80, 'web');
    assert.equal(stage.ask(undefined, '::1', 8080), 'web saw 172.30.9.1');
  });

  it('it goes on without a daemon, and the next daemon takes it over', async () => {
    await stage.backend.close();
    assert.equal(stage.ask(undefined, '::1', 8080), 'web saw 172.30.9.1');
    const next = stage.newBackend();
    try {
      await next.prepare({ networks: [network], endpoints: [{ ...web, ports: [at6(8080)] }], sandboxes: ['web'] });
      assert.equal(stage.ask(undefined, '::1', 8080), 'web saw 172.30.9.1');
      assert.equal(stage.ask(undefined, '::1', 8081), 'ECONNREFUSED', 'a port that the next daemon does not know leads nowhere');
      await next.unpublish({ ...web, ports: [at6(8080)] });
      assert.equal(stage.ask(undefined, '::1', 8080), 'ECONNREFUSED');
    } finally {
      await next.close();
    }
  });

  it('a listener of the host at [::1] keeps the port from being published', async () => {
    const server = createServer().listen(0, '::1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    assert.deepEqual(reserveHostPort({ protocol: 'tcp', hostIp: '::1', hostPort: port }), { refused: 'EADDRINUSE' });
    server.close();
    await once(server, 'close');
  });

  it('a next daemon without ports takes it away, and so does the end of the instance', async () => {
    const next = stage.newBackend();
    try {
      await next.prepare({ networks: [network], endpoints: [{ ...web, ports: [] }], sandboxes: ['web'] });
      assert.equal(isAttached(), false);
      await next.becomeGateway({ id: 'web', path: next.sandboxPath('web') }, web);
      assert.equal(isAttached(), true);
      assert.equal(stage.ask(undefined, '::1', 8081), 'web saw 172.30.9.1');
      await next.dismantle();
      assert.equal(isAttached(), false);
    } finally {
      await next.close();
    }
  });
});
