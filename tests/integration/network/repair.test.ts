import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { bridgeName } from '../../../src/network/bridge/names.ts';
import { Firewall } from '../../../src/network/firewall/firewall.ts';
import type { BridgeNetwork, Endpoint, NetworkBackend, PublishedPort } from '../../../src/network/network.ts';
import { nft } from '../../support/nft.ts';
import { hostOnLan, Stage } from './stage.ts';

const instance = `r${process.pid}`;
const network: BridgeNetwork = {
  id: 'n', bridge: bridgeName(instance, 'n'), ipv4: { subnet: '172.30.0.0/24', gateway: '172.30.0.1' }, internal: false, masquerade: true, icc: true, mtu: 1500,
};
const port = (hostPort: number, protocol: PublishedPort['protocol'] = 'tcp'): PublishedPort => ({ protocol, containerPort: 80, hostIp: '0.0.0.0', hostPort });

describe('firewall', () => {
  const stage = new Stage(instance, { brNetfilter: false });
  let web: Endpoint;

  before(async () => {
    await stage.backend.prepare({ networks: [network], endpoints: [], sandboxes: [] });
    const { sandbox, endpoint } = await stage.container('web', network, { ipv4: '172.30.0.2/24', ports: [port(8080)] });
    web = endpoint;
    await stage.serve(sandbox.path, 80, 'web');
  });
  after(async () => {
    await stage.backend.dismantle();
    await stage.strike();
  });

  const reach = (): string => stage.ask(stage.lan, hostOnLan.ipv4, 8080);

  /** A daemon that looks often, and what it said. */
  const watched = async (): Promise<{ backend: NetworkBackend; repaired: () => Promise<string> }> => {
    let said = Promise.withResolvers<string>();
    const backend = stage.newBackend({ ...silentLog, warn: (message) => said.resolve(message) }, { repairMs: 20 });
    await backend.prepare({ networks: [network], endpoints: [web], sandboxes: ['web'] });
    return { backend, repaired: async () => {
      const message = await said.promise;
      said = Promise.withResolvers();
      return message;
    } };
  };

  it('a table that another tool flushed comes back, and published ports with it', async () => {
    const { backend, repaired } = await watched();
    assert.match(reach(), /^web saw/);
    const changes: [what: string, commands: string][] = [
      ['all tables', 'flush ruleset'],
      ['the rules', `flush table inet gantry-${instance}`],
      ['one map', `flush map inet gantry-${instance} published4any`],
      ['one more rule', `add rule inet gantry-${instance} forward drop`],
    ];
    for (const [what, commands] of changes) {
      nft(commands);
      assert.match(await repaired(), /another tool had changed the nftables/, what);
      assert.match(reach(), /^web saw/, what);
    }
    await backend.close();
  });

  it('what another tool takes out while the table is made is not taken for ours', async () => {
    const own = new Firewall(`${instance}own`);
    const forward = (): string => nft(`list chain inet gantry-${instance}own forward`);
    own.replace([network], [web]);
    const whole = forward();
    for (let round = 0; round < 20; round++) {
      // One transaction a line.
      const other = spawn('nft', ['-i'], { stdio: ['pipe', 'ignore', 'ignore'] });
      other.stdin.end(`flush chain inet gantry-${instance}own forward\n`.repeat(20));
      const ended = once(other, 'exit');
      let over = false;
      void ended.then(() => { over = true; });
      while (!over) {
        own.replace([network], [web]);
        await new Promise(setImmediate);
      }
      own.repair();
      assert.equal(forward(), whole);
    }
    own.remove();
    own.close();
  });

  it('a change of another table is nobody\'s business', async () => {
    const said: string[] = [];
    const backend = stage.newBackend({ ...silentLog, warn: (message) => said.push(message) });
    await backend.prepare({ networks: [network], endpoints: [web], sandboxes: ['web'] });
    nft('table inet owner { }\ndelete table inet owner');
    await backend.createNetwork({ ...network, id: 'm', bridge: bridgeName(instance, 'm'), ipv4: { subnet: '172.31.0.0/24', gateway: '172.31.0.1' } });
    assert.deepEqual(said, []);
    await backend.removeNetwork({ ...network, id: 'm', bridge: bridgeName(instance, 'm') });
    await backend.close();
  });

  it('attach() after a flush publishes what is new and what was there', async () => {
    nft('flush ruleset');
    await stage.container('next', network, { ipv4: '172.30.0.3/24', ports: [port(8081)] });
    assert.match(reach(), /^web saw/);
  });

  it('a UDP flow that began before the port was published reaches it afterwards', async () => {
    const client = stage.keepAsking(stage.lan, hostOnLan.ipv4, 8053);
    await client.sent;
    const { sandbox, endpoint } = await stage.container('udp', network, { ipv4: '172.30.0.4/24' });
    await stage.serve(sandbox.path, 80, 'udp');
    await stage.backend.becomeGateway(sandbox, { ...endpoint, ports: [port(8053, 'udp')] });
    assert.match(await client.answer, /^udp saw/);
  });

  it('a UDP flow does not go on to whoever has the address next', async () => {
    const first = await stage.container('left', network, { ipv4: '172.30.0.5/24', ports: [port(8054, 'udp')] });
    await stage.serve(first.sandbox.path, 80, 'left');
    const ask = (): string => stage.ask(stage.lan, hostOnLan.ipv4, 8054, 'udp', '40000');
    assert.match(ask(), /^left saw/);
    await stage.backend.detach(first.sandbox, first.endpoint);
    const second = await stage.container('next', network, { ipv4: '172.30.0.5/24' });
    await stage.serve(second.sandbox.path, 80, 'next');
    assert.doesNotMatch(stage.askInVain(stage.lan, hostOnLan.ipv4, 8054, 'udp', '40000'), /saw/);
    await stage.backend.becomeGateway(second.sandbox, { ...second.endpoint, ports: [port(8054, 'udp')] });
    assert.match(ask(), /^next saw/);
  });
});
