import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { instanceIdOf } from '../../../src/daemon/config.ts';
import { linkGroup, wireGroup } from '../../../src/network/bridge/names.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { repetitions } from '../../support/repetitions.ts';
import { nft } from '../../support/nft.ts';
import { enterOwnNetwork } from './own-network.ts';

const image = 'gantry/busybox:latest';
const many = repetitions(200);
const rounds = repetitions(10);

describe('networks of a daemon', () => {
  let daemon: TestDaemon;
  let instanceId: string;

  before(async () => {
    enterOwnNetwork();
    daemon = await startDaemon();
    instanceId = instanceIdOf(daemon.root);
    assert.equal((await daemon.request('POST', '/images/create?fromImage=gantry/busybox&tag=latest')).status, 200);
  });
  after(() => daemon.stop());

  /** Links of the instance in this namespace, without those that wait in the pool. */
  const links = (): { name: string; kind: string }[] => {
    using route = new RouteSocket();
    return route.links().filter(({ group }) => group === linkGroup(instanceId));
  };
  const bridges = (): number => links().filter(({ kind }) => kind === 'bridge').length;
  const networkNames = async (): Promise<string[]> => ((await daemon.request('GET', '/networks')).json as { Name: string }[]).map(({ Name }) => Name);
  const create = (name: string, number: number) =>
    daemon.request('POST', '/networks/create', { Name: name, IPAM: { Config: [{ Subnet: `10.${150 + (number >> 8)}.${number & 255}.0/24` }] } });
  const prune = () => daemon.request('POST', '/networks/prune');

  it(`${many} networks are made and removed, and nothing of them stays`, async () => {
    for (let number = 0; number < many; number++) assert.equal((await create(`n${number}`, number)).status, 201);
    assert.equal(bridges(), many + 1);
    assert.equal(((await prune()).json as { NetworksDeleted: string[] }).NetworksDeleted.length, many);
    assert.equal(bridges(), 1);
  });

  // Each round dies a little later in the same work.
  for (const answered of [0, 1, 3, 5, 8, 12, 16]) {
    it(`SIGKILL after ${answered} answers: the next daemon's kernel is what its records say`, async () => {
      const enough = Promise.withResolvers<void>();
      let count = 0;
      const told = (): void => { if (++count >= answered) enough.resolve(); };
      const work = Array.from({ length: 4 }, async (_, number) => {
        const name = `k${answered}-${number}`;
        await create(name, 300 + answered * 4 + number).finally(told);
        const made = await daemon.request('POST', `/containers/create?name=${name}`, { Image: image, Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: name, PublishAllPorts: true }, ExposedPorts: { '80/tcp': {} } }).finally(told);
        await daemon.request('POST', `/containers/${(made.json as { Id?: string } | undefined)?.Id}/start`).finally(told);
        await daemon.request('POST', '/networks/bridge/connect', { Container: name }).finally(told);
        await daemon.request('POST', `/networks/${name}/disconnect`, { Container: name }).finally(told);
      });
      const settled = Promise.allSettled(work);
      if (answered > 0) await enough.promise;
      await daemon.crashAndRestart();
      await settled;
      const running = (await daemon.request('GET', '/containers/json')).json as { Id: string; NetworkSettings: { Networks: object } }[];
      assert.equal(bridges(), (await networkNames()).length - 2, 'a bridge for each network but host and none');
      assert.equal(links().filter(({ kind }) => kind === 'veth').length, running.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings.Networks)).length, 'a link for each network of each container that runs');
      const namespaces = readdirSync(join(daemon.runFolder, 'netns')).filter((name) => !name.startsWith('pool-'));
      assert.deepEqual(namespaces.toSorted(), running.map(({ Id }) => Id).toSorted());
      for (const { Id } of (await daemon.request('GET', '/containers/json?all=1')).json as { Id: string }[]) await daemon.request('DELETE', `/containers/${Id}?force=1`);
      await prune();
      assert.equal(bridges(), 1);
    });
  }

  it(`${rounds * 10} starts leave nothing`, async () => {
    for (let round = 0; round < rounds; round++) {
      await Promise.all(Array.from({ length: 10 }, async () => {
        const { Id } = (await daemon.request('POST', '/containers/create', { Image: image, Cmd: ['true'], ExposedPorts: { '80/tcp': {} }, HostConfig: { PublishAllPorts: true } })).json as { Id: string };
        assert.equal((await daemon.request('POST', `/containers/${Id}/start`)).status, 204);
        await daemon.request('POST', `/containers/${Id}/wait`);
        await daemon.request('DELETE', `/containers/${Id}?force=1`);
      }));
    }
    assert.doesNotMatch(nft(`list map inet gantry-${instanceId} published4any`), /elements/);
  });

  it('a clean end takes everything away', async () => {
    await daemon.shutDown();
    using route = new RouteSocket();
    assert.deepEqual(route.links().filter(({ group }) => group === linkGroup(instanceId) || group === wireGroup(instanceId)), []);
    assert.doesNotMatch(nft('list tables'), new RegExp(`gantry-${instanceId}\\b`));
    await daemon.start();
  });
});
