import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { MadeNetworks } from './made-networks.ts';
import { useEngine } from './target.ts';

/** Subnets that nobody else has. */
const own = { subnet: '10.213.7.0/24', gateway: '10.213.7.254' };

describe('networks', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });
  const made = new MadeNetworks(() => engine);
  const { unique, make: network } = made;
  const addressed = { IPAM: { Config: [{ Subnet: own.subnet, IPRange: '10.213.7.128/25', Gateway: own.gateway, AuxiliaryAddresses: { printer: '10.213.7.129' } }] } };
  const inspected = async (name: string): Promise<any> => (await engine.expect('GET', `/networks/${name}`, { status: 200 })).json;

  afterEach(async () => {
    await made.clean();
  });

  test('bridge, host and none exist and cannot be removed', async () => {
    const { json } = await engine.expect('GET', '/networks', { status: 200 });
    for (const [name, driver] of [['bridge', 'bridge'], ['host', 'host'], ['none', 'null']] as const) {
      const found = json.find((each: any) => each.Name === name);
      assert.equal(found.Driver, driver);
      assert.equal(found.Scope, 'local');
      await engine.expect('DELETE', `/networks/${name}`, { status: 403, message: `${name} is a pre-defined network and cannot be removed` });
    }
  });

  test('a container is on the networks that its create names, whatever its mode says', async () => {
    const { name } = await network({ IPAM: { Config: [{ Subnet: own.subnet }] } });
    for (const HostConfig of [{}, { NetworkMode: 'default' }, { NetworkMode: 'bridge' }, { NetworkMode: name }]) {
      const id = await engine.run({ HostConfig, NetworkingConfig: { EndpointsConfig: { [name]: {} } } });
      assert.deepEqual(Object.keys((await engine.inspect(id)).NetworkSettings.Networks), [name]);
      await engine.call('DELETE', `/containers/${id}`, { query: { force: 1 } });
    }
  });

  test('options of addresses are null when none were sent, and {} when no one is in them', async () => {
    const options = async (more: object): Promise<unknown> => (await inspected((await network({ IPAM: { Config: [{ Subnet: own.subnet }], ...more } })).name)).IPAM.Options;
    assert.equal(await options({}), null);
    await made.clean();
    assert.deepEqual(await options({ Options: {} }), {});
  });

  test('create answers with an id, and inspect has what clients read', async () => {
    const { id, name } = await network({ ...addressed, Labels: { tier: 'db' }, Options: { 'com.docker.network.driver.mtu': '1400' }, Internal: true, Attachable: true });
    const found = await inspected(name);
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.deepEqual(
      { ...found, Created: '', EnableIPv4: undefined },
      { Name: name, Id: id, Created: '', Scope: 'local', Driver: 'bridge', EnableIPv4: undefined, EnableIPv6: false,
        IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: own.subnet, IPRange: '10.213.7.128/25', Gateway: own.gateway, AuxiliaryAddresses: { printer: '10.213.7.129' } }] },
        Internal: true, Attachable: true, Ingress: false, ConfigFrom: { Network: '' }, ConfigOnly: false, Containers: {},
        Options: { 'com.docker.network.driver.mtu': '1400' }, Labels: { tier: 'db' } },
    );
    assert.equal((await inspected(id.slice(0, 12))).Id, id);
  });

  // Each with a subnet of its own: older engines keep the one of a network that they refused.
  const refused: [what: string, body: Record<string, unknown>, status: number | readonly number[], message?: string | RegExp][] = [
    ['a predefined name', { Name: 'bridge' }, 403, /^operation is not permitted on predefined bridge network $/],
    ['an empty name', { Name: '' }, [400, 500], /^invalid name: /],
    ['a second host network', { Driver: 'host' }, 403, 'only one instance of "host" network is allowed'],
    ['a second null network', { Driver: 'null' }, 403, 'only one instance of "null" network is allowed'],
    ['an unknown driver', { Driver: 'weave' }, 404, 'plugin "weave" not found'],
    ['overlay without a swarm', { Driver: 'overlay' }, [403, 500], /^This node is not a swarm manager\./],
    ['what is no subnet', { IPAM: { Config: [{ Subnet: '10.213.8.1' }] } }, [400, 500], /invalid subnet 10\.213\.8\.1 ?: invalid CIDR/i],
    ['a gateway elsewhere', { IPAM: { Config: [{ Subnet: '10.213.8.0/24', Gateway: '10.1.1.1' }] } }, [400, 500]],
    ['an auxiliary address elsewhere', { IPAM: { Config: [{ Subnet: '10.213.23.0/24', AuxiliaryAddresses: { a: '10.1.1.1' } }] } }, [400, 403]],
    ['one auxiliary address twice', { IPAM: { Config: [{ Subnet: '10.213.20.0/24', AuxiliaryAddresses: { a: '10.213.20.7', b: '10.213.20.7' } }] } }, [400, 500], /^failed to allocate secondary ip address \([ab]:10\.213\.20\.7\): Address already in use$/],
    ['an auxiliary address that is the gateway', { IPAM: { Config: [{ Subnet: '10.213.21.0/24', Gateway: '10.213.21.7', AuxiliaryAddresses: { a: '10.213.21.7' } }] } }, [400, 500], 'failed to allocate secondary ip address (a:10.213.21.7): Address already in use'],
    ['a gateway that is everybody', { IPAM: { Config: [{ Subnet: '10.213.22.0/24', Gateway: '10.213.22.255' }] } }, [400, 500], 'failed to allocate gateway (10.213.22.255): Address already in use'],
    ['the name host', { Name: 'host' }, 403, /^operation is not permitted on predefined host network $/],
    ['the name none', { Name: 'none' }, 403, /^operation is not permitted on predefined none network $/],
    ['the name default', { Name: 'default' }, 403, /^operation is not permitted on predefined default network $/],
    ['an ingress network without a swarm', { Ingress: true }, 403, 'Ingress network can only be global scope network'],
    ['the scope of a swarm', { Scope: 'swarm' }, 403, 'cannot create a swarm scoped network when swarm is not active'],
    ['an unknown driver of addresses', { IPAM: { Driver: 'moon' } }, 404, 'plugin "moon" not found'],
    ['IPv6 with an IPv4 gateway', { EnableIPv6: true, IPAM: { Config: [{ Subnet: 'fd00:213:8::/64', Gateway: '10.1.1.1' }] } }, [400, 500]],
    ['a bridge that is there, but is none', { Options: { 'com.docker.network.bridge.name': 'lo' } }, [400, 403, 500]],
    ['two subnets of one family', { IPAM: { Config: [{ Subnet: '10.213.24.0/24' }, { Subnet: '10.213.25.0/24' }] } }, 403, "bridge driver doesn't support multiple subnets"],
    ['a size of packets that is no number', { Options: { 'com.docker.network.driver.mtu': 'abc' } }, [400, 500], /failed to parse com\.docker\.network\.driver\.mtu value: abc/],
    ['a flag that is none', { Options: { 'com.docker.network.bridge.enable_icc': 'maybe' } }, [400, 500], /failed to parse com\.docker\.network\.bridge\.enable_icc value: maybe/],
    ['an unknown mode of macvlan', { Driver: 'macvlan', Options: { macvlan_mode: 'x' } }, [400, 500], "requested macvlan mode 'x' is not valid, 'bridge' mode is the macvlan driver default"],
    ['a parent of macvlan that is not there', { Driver: 'macvlan', Options: { parent: 'nope0' } }, [400, 500], 'invalid subinterface vlan name nope0, example formatting is eth0.10'],
    ['an MTU below none', { Options: { 'com.docker.network.driver.mtu': '-1' } }, [400, 500], 'invalid MTU number: -1'],
    ['a source that is no address', { Options: { 'com.docker.network.host_ipv4': 'x' } }, [400, 500], 'failed to parse com.docker.network.host_ipv4 value: x (nil ip)'],
    ['two subnets of which one is in the other', { IPAM: { Config: [{ Subnet: '10.213.26.0/24' }, { Subnet: '10.213.26.0/25' }] } }, 403, /Pool overlaps with other one on this address space$/],
    ['a VLAN that there is not', { Driver: 'macvlan', Options: { parent: 'lo.5000' } }, [400, 500], 'vlan id must be between 1-4094, received: 5000'],
    ['a VLAN of a link that is not there', { Driver: 'macvlan', Options: { parent: 'nope0.7' } }, [400, 500], /^-o parent interface (does )?was not found on the host: nope0$/],
    ['a parent that leads nowhere', { Driver: 'macvlan', Options: { parent: 'lo' } }, [400, 500], 'loopback interface is not a valid macvlan parent link'],
    ['an unknown configuration', { ConfigFrom: { Network: 'nope' } }, 404, 'configuration network "nope" does not exist'],
  ];
  for (const [what, body, status, message] of refused) {
    test(`create refuses ${what}`, () => engine.answers('POST', '/networks/create', { body: { Name: unique(), ...body }, status, ...(message !== undefined && { message }) }));
  }

  test('create refuses a name that is taken, and a subnet of another network', async () => {
    const { name } = await network(addressed);
    await engine.expect('POST', '/networks/create', { body: { Name: name, CheckDuplicate: true }, status: 409, message: `network with name ${name} already exists` });
    await engine.expect('POST', '/networks/create', { body: { Name: unique(), IPAM: { Config: [{ Subnet: '10.213.7.0/25' }] } }, status: 403, message: /Pool overlaps with other one on this address space$/ });
  });

  test('a configuration lends its settings, and cannot be removed while it does', async () => {
    const configuration = await network({ ConfigOnly: true, ...addressed, Options: { 'com.docker.network.driver.mtu': '1400' }, Labels: { from: 'configuration' } });
    assert.equal((await inspected(configuration.name)).Driver, 'null');
    const { id, name } = await network({ ConfigFrom: { Network: configuration.name } });
    const found = await inspected(name);
    assert.equal(found.IPAM.Config[0].Subnet, own.subnet);
    assert.equal(found.Options['com.docker.network.driver.mtu'], '1400');
    assert.deepEqual(found.Labels, { from: 'configuration' });
    assert.deepEqual(found.ConfigFrom, { Network: configuration.name });
    await engine.expect('DELETE', `/networks/${configuration.id}`, { status: 403, message: `error while removing network: configuration network "${configuration.name}" is in use` });
    await engine.expect('POST', '/networks/create', {
      body: { Name: unique(), ConfigFrom: { Network: configuration.name }, Options: { 'com.docker.network.driver.mtu': '1300' } },
      status: 403, message: 'network driver options are not supported if the network depends on a configuration network',
    });
    for (const own of [{ Labels: { own: '' } }, { IPAM: { Config: [{ Subnet: '10.213.9.0/24' }] } }, { EnableIPv6: true }]) {
      const message = 'user specified configurations are not supported if the network depends on a configuration network';
      await engine.expect('POST', '/networks/create', { body: { Name: unique(), ConfigFrom: { Network: configuration.name }, ...own }, status: 403, message });
    }
    const container = await engine.create({ HostConfig: { NetworkMode: configuration.name } });
    await engine.expect('POST', `/containers/${container}/start`, { status: 403, message: /cannot create endpoint on configuration-only network$/ });
    await engine.expect('DELETE', `/networks/${id}`, { status: 204 });
  });

  test('addresses come from the range, without the auxiliary ones, or are those asked for', async () => {
    const { name } = await network(addressed);
    const on = (more: object = {}) => engine.run({ HostConfig: { NetworkMode: name }, NetworkingConfig: { EndpointsConfig: { [name]: more } } });
    const first = await on();
    const second = await on();
    const asked = await on({ IPAMConfig: { IPv4Address: '10.213.7.5' } });
    const addresses = [];
    for (const id of [first, second, asked]) addresses.push((await engine.inspect(id)).NetworkSettings.Networks[name].IPAddress);
    assert.deepEqual(addresses, ['10.213.7.128', '10.213.7.130', '10.213.7.5']);
    const found = await inspected(name);
    assert.deepEqual(Object.keys(found.Containers).toSorted(), [first, second, asked].toSorted());
    const { Name, IPv4Address, IPv6Address, MacAddress, EndpointID } = found.Containers[asked];
    assert.deepEqual({ IPv4Address, IPv6Address }, { IPv4Address: '10.213.7.5/24', IPv6Address: '' });
    // Locally administered, and of one machine; older engines and ours make it of the address.
    assert.match(MacAddress, /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
    assert.match(Name, /^conf-/);
    assert.match(EndpointID, /^[0-9a-f]{64}$/);
    const late = await engine.create({ HostConfig: { NetworkMode: name }, NetworkingConfig: { EndpointsConfig: { [name]: { IPAMConfig: { IPv4Address: '10.213.7.5' } } } } });
    await engine.expect('POST', `/containers/${late}/start`, { status: 403, message: /Address already in use/ });
    await engine.expect('DELETE', `/networks/${name}`, { status: 403, message: new RegExp(`^error while removing network: network ${name} .*has active endpoints`) });
  });

  test('a gateway comes from the range; it is listed where a person, or the engine with the subnet, chose it', async () => {
    const { name } = await network({ IPAM: { Config: [{ Subnet: own.subnet, IPRange: '10.213.7.64/26' }] } });
    assert.deepEqual((await inspected(name)).IPAM.Config, [{ Subnet: own.subnet, IPRange: '10.213.7.64/26' }]);
    const id = await engine.run({ HostConfig: { NetworkMode: name } });
    const { Gateway, IPAddress } = (await engine.inspect(id)).NetworkSettings.Networks[name];
    assert.deepEqual([Gateway, IPAddress], ['10.213.7.64', '10.213.7.65']);
    assert.match((await inspected((await network()).name)).IPAM.Config[0].Gateway, /\.\d+\.1$/);
  });

  test('a pool of a family that is off is listed, and nobody has an address of it', async () => {
    const { name } = await network({ IPAM: { Config: [{ Subnet: 'fd00:213:9::/64' }] } });
    const found = await inspected(name);
    assert.equal(found.EnableIPv6, false);
    assert.ok(found.IPAM.Config.some(({ Subnet }: { Subnet: string }) => Subnet === 'fd00:213:9::/64'));
    const id = await engine.run({ HostConfig: { NetworkMode: name } });
    const { IPAddress, GlobalIPv6Address } = (await engine.inspect(id)).NetworkSettings.Networks[name];
    assert.deepEqual([IPAddress !== '', GlobalIPv6Address], [true, '']);
  });

  test('an option that the driver does not know is kept', async () => {
    const { name } = await network({ Options: { 'org.example.speed': 'high' } });
    assert.deepEqual((await inspected(name)).Options, { 'org.example.speed': 'high' });
  });

  test('containers keep their addresses over a stop', async () => {
    const { name } = await network(addressed);
    const ids = [await engine.run({ HostConfig: { NetworkMode: name } }), await engine.run({ HostConfig: { NetworkMode: name } })];
    const addresses = async (): Promise<string[]> => await Promise.all(ids.map(async (id) => (await engine.inspect(id)).NetworkSettings.Networks[name].IPAddress));
    const before = await addresses();
    await engine.expect('POST', `/containers/${ids[0]}/restart`, { query: { t: 0 }, status: 204 });
    assert.deepEqual(await addresses(), before);
    await engine.expect('POST', `/containers/${ids[1]}/stop`, { query: { t: 0 }, status: 204 });
    await engine.expect('POST', `/containers/${ids[1]}/start`, { status: 204 });
    assert.deepEqual(await addresses(), before);
  });

  test('a container forgets a network that is gone, and starts', async () => {
    const { id: gone, name } = await network();
    const id = await engine.create();
    await engine.expect('POST', `/networks/${name}/connect`, { body: { Container: id }, status: 200 });
    await engine.expect('DELETE', `/networks/${gone}`, { status: 204 });
    await engine.expect('POST', `/containers/${id}/start`, { status: 404, message: /network \S+ not found$/ });
    await engine.expect('POST', `/networks/${name}/disconnect`, { body: { Container: id, Force: true }, status: 200 });
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
  });

  test('a static address needs a network of one\'s own', async () => {
    const id = await engine.call('POST', '/containers/create', { query: { name: unique() }, body: { Image: engine.image, NetworkingConfig: { EndpointsConfig: { bridge: { IPAMConfig: { IPv4Address: '172.17.0.99' } } } } } });
    // Older engines notice at the start.
    const answer = id.status === 201 ? await engine.call('POST', `/containers/${id.json.Id}/start`) : id;
    if (id.status === 201) await engine.call('DELETE', `/containers/${id.json.Id}`, { query: { force: 1 } });
    assert.equal(answer.status, 400);
    assert.match(answer.json.message, /user specified IP address is supported on user defined networks only/);
  });

  test('connect and disconnect a container that runs', async () => {
    const { name } = await network(addressed);
    const id = await engine.run();
    await engine.expect('POST', `/networks/${name}/connect`, { body: { Container: id, EndpointConfig: { IPAMConfig: { IPv4Address: '10.213.7.77' }, Aliases: ['cache'] } }, status: 200 });
    const endpoint = (await engine.inspect(id)).NetworkSettings.Networks[name];
    assert.equal(endpoint.IPAddress, '10.213.7.77');
    assert.equal(endpoint.IPPrefixLen, 24);
    assert.equal(endpoint.Gateway, own.gateway);
    assert.ok(endpoint.Aliases.includes('cache'));
    const inside = async (file: string): Promise<string> => {
      const { json: { Id } } = await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['cat', file], AttachStdout: true }, status: 201 });
      return (await engine.expect('POST', `/exec/${Id}/start`, { body: {}, status: 200 })).text;
    };
    assert.match(await inside('/etc/hosts'), /^10\.213\.7\.77\s/m);
    assert.match(await inside('/etc/resolv.conf'), /nameserver 127\.0\.0\.11$/m);
    await engine.expect('POST', `/networks/${name}/connect`, { body: { Container: id }, status: 403, message: /^endpoint with name conf-\w+ already exists in network conf-/ });
    await engine.expect('POST', `/networks/${name}/disconnect`, { body: { Container: id }, status: 200 });
    assert.doesNotMatch(await inside('/etc/hosts'), /^10\.213\.7\.77\s/m);
    await engine.expect('POST', `/networks/${name}/disconnect`, { body: { Container: id }, status: 500, message: `container ${id} is not connected to network ${name}` });
    assert.deepEqual(Object.keys((await engine.inspect(id)).NetworkSettings.Networks), ['bridge']);
  });

  test('a container that turns IPv6 off has no address of that family', async () => {
    const { name } = await network({ EnableIPv6: true, IPAM: { Config: [{ Subnet: own.subnet }, { Subnet: 'fd00:213:7::/64' }] } });
    const off = { Sysctls: { 'net.ipv6.conf.all.disable_ipv6': '1' } };
    const [has, has4] = [await engine.run({ HostConfig: { NetworkMode: name } }), await engine.run({ HostConfig: { NetworkMode: name, ...off } })];
    const addresses = await Promise.all([has, has4].map(async (id) => (await engine.inspect(id)).NetworkSettings.Networks[name]));
    assert.match(addresses[0].GlobalIPv6Address, /^fd00:213:7::/);
    // Older engines give it one that it cannot use.
    if (engine.ours) assert.deepEqual([addresses[1].GlobalIPv6Address, addresses[1].IPv6Gateway, addresses[1].GlobalIPv6PrefixLen], ['', '', 0]);
    assert.match(addresses[1].IPAddress, /^10\.213\.7\./);
  });

  test('a network can be left where the next one leads nowhere', async () => {
    const [first, second] = [await network(), await network()];
    const HostConfig = { NetworkMode: first.name, CapAdd: ['NET_ADMIN'] };
    const id = await engine.run({ HostConfig, Cmd: ['sh', '-c', 'trap "ip link set eth1 down; echo down" USR1; echo ready; while :; do sleep 1000 & wait $!; done'] });
    await engine.expect('POST', `/networks/${second.name}/connect`, { body: { Container: id }, status: 200 });
    await engine.logged(id, 'ready');
    await engine.expect('POST', `/containers/${id}/kill`, { query: { signal: 'USR1' }, status: 204 });
    await engine.logged(id, 'down');
    // Older engines leave it, and say that something went wrong.
    await engine.expect('POST', `/networks/${first.name}/disconnect`, { body: { Container: id }, status: [200, 500] });
    assert.deepEqual(Object.keys((await engine.inspect(id)).NetworkSettings.Networks), [second.name]);
    await engine.expect('POST', `/networks/${first.name}/connect`, { body: { Container: id }, status: 200 });
    await engine.expect('POST', `/containers/${id}/restart`, { query: { t: 0 }, status: 204 });
    assert.deepEqual(Object.keys((await engine.inspect(id)).NetworkSettings.Networks).toSorted(), [first.name, second.name].toSorted());
  });

  test('host and none keep to themselves', async () => {
    const { name } = await network();
    const plain = await engine.run();
    const alone = await engine.run({ HostConfig: { NetworkMode: 'none' } });
    const host = await engine.run({ HostConfig: { NetworkMode: 'host' } });
    const joined = await engine.run({ HostConfig: { NetworkMode: `container:${plain}` } });
    const connect = (to: string, Container: string, message: string | RegExp) => engine.expect('POST', `/networks/${to}/connect`, { body: { Container }, status: 400, message });
    const alonePlease = 'container cannot be connected to multiple networks with one of the networks in private (none) mode';
    const sharing = 'container sharing network namespace with another container or host cannot be connected to any other network';
    await connect('host', plain, /host network/);
    await connect('none', plain, alonePlease);
    await connect(name, alone, alonePlease);
    await connect(name, host, sharing);
    await connect(name, joined, sharing);
    await engine.expect('POST', '/networks/host/disconnect', { body: { Container: host }, status: 400, message: /host network/ });
  });

  test('who is not there is named', async () => {
    const id = await engine.run();
    await engine.expect('POST', '/networks/nope/connect', { body: { Container: id }, status: 404, message: 'network nope not found' });
    await engine.expect('POST', '/networks/bridge/connect', { body: { Container: 'nope' }, status: 404, message: 'No such container: nope' });
    await engine.expect('GET', '/networks/nope', { status: 404, message: 'network nope not found' });
    await engine.expect('DELETE', '/networks/nope', { status: 404, message: 'network nope not found' });
    await engine.expect('POST', '/networks/bridge/disconnect', { body: { Container: 'nope' }, status: 404, message: 'No such container: nope' });
    await engine.expect('POST', '/networks/bridge/disconnect', { body: { Container: 'nope', Force: true }, status: 404, message: 'endpoint nope not found' });
  });

  test('lists are filtered', async () => {
    const { name, id } = await network({ Labels: { tier: name0 } });
    const names = async (filters: object): Promise<string[]> => (await engine.expect('GET', '/networks', { query: { filters: JSON.stringify(filters) }, status: 200 })).json.map((each: any) => each.Name).toSorted();
    assert.deepEqual(await names({ name: [name] }), [name]);
    assert.deepEqual(await names({ name: [`^${name.slice(0, -1)}.$`] }), [name]);
    assert.deepEqual(await names({ id: [`^${id.slice(0, 12)}`] }), [name]);
    assert.deepEqual(await names({ label: [`tier=${name0}`] }), [name]);
    assert.deepEqual(await names({ driver: ['null'] }), ['none']);
    assert.deepEqual(await names({ type: ['builtin'] }), ['bridge', 'host', 'none']);
    assert.ok((await names({ dangling: ['true'] })).includes(name));
    assert.deepEqual(await names({ type: ['custom'], name: [name] }), [name]);
    assert.deepEqual(await names({ scope: ['local'], driver: ['bridge'], name: [name] }), [name]);
    assert.deepEqual(await names({ scope: ['swarm'] }), []);
    await engine.expect('GET', '/networks', { query: { filters: '{"nope":["x"]}' }, status: 400, message: /invalid filter 'nope'/i });
    await engine.expect('GET', '/networks', { query: { filters: '{"type":["x"]}' }, status: [400, 500], message: "invalid filter: 'type'='x'" });
    await engine.expect('GET', '/networks', { query: { filters: '{"dangling":["True"]}' }, status: 400, message: /^invalid value for filter 'dangling', must be "true" \(or "1"\), or "false" \(or "0"\)$/ });
    await engine.expect('GET', '/networks', { query: { filters: '{"dangling":["true","false"]}' }, status: 400, message: /^got more than one value for filter key "?dangling"?$/ });
  });

  test('a name is what people like to read, and the scope that is asked for is local', async () => {
    const { id } = await network({ Name: `${unique()} of: me` });
    await engine.expect('GET', `/networks/${id}`, { query: { scope: 'local', verbose: 'true' }, status: 200 });
    await engine.expect('GET', `/networks/${id}`, { query: { scope: 'swarm' }, status: 404, message: `network ${id} not found` });
    await engine.expect('GET', `/networks/${id}`, { query: { verbose: 'maybe' }, status: 400, message: /^invalid value for verbose: maybe/ });
  });

  test('a link names another container of the default bridge, in its hosts file and environment', async () => {
    const name = unique();
    await engine.create({ ExposedPorts: { '5432/tcp': {} }, Env: ['SECRET=x'] }, name);
    const early = await engine.create({ HostConfig: { Links: [`${name}:db`] } });
    await engine.expect('POST', `/containers/${early}/start`, { status: [400, 500], message: /^Cannot link to a non running container: \/conf-\w+ AS \/conf-\w+\/db$/ });
    await engine.expect('POST', `/containers/${name}/start`, { status: 204 });
    const parent = (await engine.inspect(early)).Name;
    assert.deepEqual((await engine.inspect(early)).HostConfig.Links, [`/${name}:${parent}/db`]);
    const address = (await engine.inspect(name)).NetworkSettings.Networks.bridge.IPAddress;
    const { stdout } = await engine.finished({ Cmd: ['sh', '-c', 'cat /etc/hosts; env'], HostConfig: { Links: [`${name}:db`] } });
    assert.match(stdout, new RegExp(`^${address}\\tdb \\w+ ${name}$`, 'm'));
    for (const line of [`DB_PORT=tcp://${address}:5432`, `DB_PORT_5432_TCP_ADDR=${address}`, 'DB_PORT_5432_TCP_PORT=5432', 'DB_PORT_5432_TCP_PROTO=tcp', 'DB_ENV_SECRET=x']) {
      assert.ok(stdout.split('\n').includes(line), line);
    }
    await engine.expect('POST', '/containers/create', { query: { name: unique() }, body: { Image: engine.image, HostConfig: { Links: ['nope:db'] } }, status: 400, message: 'could not get container for nope: No such container: nope' });
    await engine.expect('POST', '/containers/create', { query: { name: unique() }, body: { Image: engine.image, HostConfig: { NetworkMode: 'host', Links: [`${name}:db`] } }, status: 400, message: /^conflicting options: host type networking can't be used with links/ });
  });

  test('a link on a network of one\'s own is a name that only this container knows', async () => {
    const { name } = await network();
    const server = unique();
    await engine.create({ HostConfig: { NetworkMode: name } }, server);
    await engine.expect('POST', `/containers/${server}/start`, { status: 204 });
    const address = (await engine.inspect(server)).NetworkSettings.Networks[name].IPAddress;
    const lookup = { Cmd: ['sh', '-c', 'nslookup db 127.0.0.11'], HostConfig: { NetworkMode: name } };
    const linked = await engine.finished({ ...lookup, NetworkingConfig: { EndpointsConfig: { [name]: { Links: [`${server}:db`] } } } });
    assert.match(linked.stdout, new RegExp(`Address(?: 1)?: ${address}`));
    const stranger = await engine.finished(lookup);
    assert.doesNotMatch(stranger.stdout, new RegExp(`Address(?: 1)?: ${address}`));
  });

  test('a link-local address stands beside the other one', async () => {
    const { name } = await network();
    const { stdout } = await engine.finished({
      Cmd: ['ip', '-4', 'addr', 'show', 'dev', 'eth0'], HostConfig: { NetworkMode: name },
      NetworkingConfig: { EndpointsConfig: { [name]: { IPAMConfig: { LinkLocalIPs: ['169.254.5.5'] } } } },
    });
    assert.match(stdout, /inet 169\.254\.5\.5\/16/);
  });

  test('IPv6: a subnet and an address of one\'s own', async () => {
    const { name } = await network({ EnableIPv6: true, IPAM: { Config: [{ Subnet: own.subnet }, { Subnet: 'fd00:213:7::/64' }] } });
    const { stdout, id } = await engine.finished({
      Cmd: ['ip', '-6', 'addr', 'show', 'dev', 'eth0'], HostConfig: { NetworkMode: name },
      NetworkingConfig: { EndpointsConfig: { [name]: { IPAMConfig: { IPv6Address: 'fd00:213:7::99' } } } },
    });
    assert.match(stdout, /inet6 fd00:213:7::99\/64/);
    assert.equal((await engine.inspect(id)).NetworkSettings.Networks[name].IPAMConfig.IPv6Address, 'fd00:213:7::99');
  });

  test('events tell of create, connect, disconnect and destroy', async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    const { id, name } = await network();
    const container = await engine.run();
    await engine.expect('POST', `/networks/${name}/connect`, { body: { Container: container }, status: 200 });
    await engine.expect('POST', `/networks/${name}/disconnect`, { body: { Container: container }, status: 200 });
    await engine.expect('DELETE', `/networks/${name}`, { status: 204 });
    const { text } = await engine.expect('GET', '/events', { query: { since, until: Math.floor(Date.now() / 1000) + 1, filters: JSON.stringify({ type: ['network'], network: [id] }) }, status: 200 });
    const events = text.trim().split('\n').map((line) => JSON.parse(line));
    // Older engines tell of a disconnection twice.
    assert.deepEqual([...new Set(events.map(({ Action }) => Action))], ['create', 'connect', 'disconnect', 'destroy']);
    assert.deepEqual(events[0].Actor, { ID: id, Attributes: { name, type: 'bridge' } });
    assert.deepEqual(events[1].Actor, { ID: id, Attributes: { container, name, type: 'bridge' } });
  });
});

const name0 = `v${randomBytes(4).toString('hex')}`;
