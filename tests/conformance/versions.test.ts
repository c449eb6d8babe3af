import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareVersions } from '../../src/api/types/version.ts';
import { repetitions } from '../support/repetitions.ts';
import { demultiplex, Engine } from './engine.ts';
import { useEngine } from './target.ts';

const second = 1e9;

/** What an answer says, or how a request is taken, depends on the version that the client asks in. */
describe('versions of the API', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  /** A case for each version; an engine that does not speak one passes over it. */
  const inEach = (versions: readonly string[], what: string, act: (at: Engine, version: string) => Promise<void>): void => {
    for (const version of versions) {
      test(`${version}: ${what}`, async (context) => {
        const at = await engine.at(version);
        if (at === undefined) return context.skip('spoken by newer engines');
        await act(at, version);
      });
    }
  };
  /** With a network of that name for as long as it takes. */
  const withNetwork = async (at: Engine, name: string, act: () => Promise<void>): Promise<void> => {
    await at.expect('POST', '/networks/create', { body: { Name: name }, status: 201 });
    try {
      await act();
    } finally {
      await at.clean();
      await at.expect('DELETE', `/networks/${name}`, { status: 204 });
    }
  };
  const isBefore = (version: string, first: string): boolean => compareVersions(version, first) < 0;

  test('one that is too old or too new is refused with the range', async () => {
    const { ApiVersion, MinAPIVersion } = (await engine.expect('GET', '/version', { status: 200 })).json;
    const ask = (version: string) => new Engine({ socketPath: engine.socketPath, image: engine.image, ours: engine.ours, version }).call('GET', '/info');
    const old = await ask('1.10');
    assert.equal(old.status, 400);
    // Without JSON by Docker, as clients of that age expect it.
    assert.match(old.text, new RegExp(`client version 1\\.10 is too old\\. Minimum supported API version is ${MinAPIVersion}, please upgrade your client to a newer version`));
    const young = await ask('9.9');
    assert.deepEqual([young.status, young.json.message], [400, `client version 9.9 is too new. Maximum supported API version is ${ApiVersion}`]);
    assert.equal((await ask('1.x')).status, 404);
  });

  for (const method of ['GET', 'HEAD']) {
    test(`${method} /_ping tells what a client must know before it asks`, async () => {
      const { ApiVersion } = (await engine.expect('GET', '/version', { status: 200 })).json;
      const { headers, text } = await engine.expect(method, '/_ping', { status: 200 });
      assert.equal(text, method === 'GET' ? 'OK' : '');
      assert.deepEqual([headers['api-version'], headers['ostype'], headers['docker-experimental'], headers['content-length']], [ApiVersion, 'linux', 'false', method === 'GET' ? '2' : '0']);
      assert.deepEqual([headers['cache-control'], headers['pragma'], headers['content-type']], ['no-cache, no-store, must-revalidate', 'no-cache', 'text/plain; charset=utf-8']);
      assert.match(String(headers['server']), /^Docker\/\S+ \(linux\)$/);
      if (engine.ours) assert.equal(headers['builder-version'], '1');
    });
  }

  inEach(['1.41', '1.42', '1.51'], 'the type of a stream says whether it has frames', async (at, version) => {
    const framed = isBefore(version, '1.42') ? 'application/vnd.docker.raw-stream' : 'application/vnd.docker.multiplexed-stream';
    const plain = await at.run();
    const tty = await at.run({ Tty: true });
    // 20.10 said nothing of it in the answers of logs.
    const since25 = at.ours || (await engine.at('1.44')) !== undefined;
    for (const [id, type] of [[plain, framed], [tty, 'application/vnd.docker.raw-stream']] as const) {
      if (since25) assert.equal((await at.call('GET', `/containers/${id}/logs`, { query: { stdout: 1 } })).headers['content-type'], type);
      const { socket, headers } = await at.hijack(`/containers/${id}/attach`, { query: { stream: 1, stdout: 1 } });
      socket.destroy();
      assert.equal(headers['content-type'], type);
    }
  });

  inEach(['1.42', '1.51'], 'the terminal of an exec has its size from the first moment', async (at) => {
    const id = await at.run();
    const ask = async (create: object, start: object): Promise<string> => {
      const { json } = await at.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['stty', 'size'], Tty: true, AttachStdout: true, ...create }, status: 201 });
      return (await at.call('POST', `/exec/${json.Id}/start`, { body: { Tty: true, ...start } })).text;
    };
    for (let time = 0; time < repetitions(5); time++) {
      assert.equal(await ask({ ConsoleSize: [11, 22] }, {}), '11 22\r\n');
      assert.equal(await ask({ ConsoleSize: [11, 22] }, { ConsoleSize: [33, 44] }), '33 44\r\n');
    }
  });

  inEach(['1.41', '1.42', '1.51'], 'a stop takes its signal from 1.42', async (at, version) => {
    const id = await at.run({ Cmd: ['sh', '-c', 'trap "exit 7" USR1; trap "exit 8" TERM; echo ready; while :; do sleep 0.1; done'] });
    await at.logged(id, 'ready\n');
    await at.expect('POST', `/containers/${id}/stop`, { query: { signal: 'SIGUSR1' }, status: 204 });
    assert.equal((await at.inspect(id)).State.ExitCode, isBefore(version, '1.42') ? 8 : 7);
  });

  inEach(['1.43', '1.44', '1.51'], 'a start interval is known from 1.44, annotations are listed from 1.46', async (at, version) => {
    const id = await at.create({ Healthcheck: { Test: ['CMD', 'true'], StartPeriod: second, StartInterval: 2 * second }, HostConfig: { Annotations: { b: '1', a: '2' } } });
    const { Config, HostConfig } = await at.inspect(id);
    assert.equal(Config.Healthcheck.StartInterval, isBefore(version, '1.44') ? undefined : 2 * second);
    assert.deepEqual(HostConfig.Annotations, { a: '2', b: '1' });
    const [listed] = (await at.expect('GET', '/containers/json', { query: { all: 1, filters: JSON.stringify({ id: [id] }) }, status: 200 })).json;
    assert.deepEqual(listed.HostConfig.Annotations, isBefore(version, '1.46') ? undefined : { a: '2', b: '1' });
  });

  inEach(['1.43', '1.44', '1.51'], 'several networks at once are taken from 1.44', (at, version) => withNetwork(at, 'conf-other', async () => {
    const body = { Image: at.image, NetworkingConfig: { EndpointsConfig: { bridge: {}, 'conf-other': {} } } };
    if (isBefore(version, '1.44')) return await at.answers('POST', '/containers/create', { body, status: 400, message: /^Container cannot be created with multiple network endpoints: / });
    assert.deepEqual(Object.keys((await at.inspect(await at.create(body))).NetworkSettings.Networks).sort(), ['bridge', 'conf-other']);
  }));

  inEach(['1.43', '1.44', '1.51'], 'a hardware address of the container as a whole is its first network\'s, and on its way out from 1.44', async (at, version) => {
    const { json } = await at.expect('POST', '/containers/create', { body: { Image: at.image, MacAddress: '02:42:00:00:00:07' }, status: 201 });
    const seen = await at.inspect(json.Id);
    await at.expect('DELETE', `/containers/${json.Id}`, { status: 204 });
    assert.deepEqual(json.Warnings, isBefore(version, '1.44') ? [] : ['The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.']);
    assert.deepEqual([seen.Config.MacAddress, seen.NetworkSettings.Networks.bridge.MacAddress], ['02:42:00:00:00:07', '02:42:00:00:00:07']);
  });

  inEach(['1.44', '1.45', '1.51'], 'the short id is an alias until 1.44, and a name on the network', (at, version) => withNetwork(at, 'conf-names', async () => {
    const id = await at.create({ Hostname: 'front', HostConfig: { NetworkMode: 'conf-names' }, NetworkingConfig: { EndpointsConfig: { 'conf-names': { Aliases: ['db'] } } } });
    const created = (await at.inspect(id)).NetworkSettings.Networks['conf-names'];
    assert.deepEqual([created.NetworkID, created.DNSNames], ['', null]);
    await at.expect('POST', `/containers/${id}/start`, { status: 204 });
    const { Name, NetworkSettings } = await at.inspect(id);
    const running = NetworkSettings.Networks['conf-names'];
    assert.match(running.NetworkID, /^[0-9a-f]{64}$/);
    assert.deepEqual(running.Aliases, isBefore(version, '1.45') ? ['db', id.slice(0, 12), 'front'] : ['db']);
    assert.deepEqual(running.DNSNames, [Name.slice(1), 'db', id.slice(0, 12), 'front']);
    const [listed] = (await at.expect('GET', '/containers/json', { query: { filters: JSON.stringify({ id: [id] }) }, status: 200 })).json;
    assert.equal(listed.NetworkSettings.Networks['conf-names'].DNSNames, null);
  }));

  inEach(['1.47', '1.48', '1.51'], 'a setting of a link is taken for its endpoint until 1.47, and refused from 1.48', async (at, version) => {
    const body = { Image: at.image, Cmd: ['cat', '/proc/sys/net/ipv4/conf/eth0/log_martians'], HostConfig: { Sysctls: { 'net.ipv4.conf.eth0.log_martians': '1' } } };
    if (!isBefore(version, '1.48')) {
      const message = 'interface specific sysctl setting "net.ipv4.conf.eth0.log_martians" must be supplied using driver option \'com.docker.network.endpoint.sysctls\'';
      return await at.answers('POST', '/containers/create', { body, status: [400, 500], message });
    }
    const warning = 'Migrated sysctl "net.ipv4.conf.eth0.log_martians" to DriverOpts{"com.docker.network.endpoint.sysctls":"net.ipv4.conf.IFNAME.log_martians=1"}.';
    const { json } = await at.expect('POST', '/containers/create', { query: { name: 'conf-sysctl' }, body, status: 201 });
    await at.expect('DELETE', `/containers/${json.Id}`, { status: 204 });
    assert.deepEqual(json.Warnings, [warning]);
    const { id, stdout } = await at.finished(body);
    const { HostConfig, NetworkSettings } = await at.inspect(id);
    assert.equal(stdout, '1\n');
    assert.deepEqual([HostConfig.Sysctls ?? {}, NetworkSettings.Networks.bridge.DriverOpts], [{}, { 'com.docker.network.endpoint.sysctls': 'net.ipv4.conf.IFNAME.log_martians=1' }]);
  });

  inEach(['1.51'], 'a network without settings is refused', (at) =>
    at.answers('POST', '/containers/create', {
      body: { Image: at.image, NetworkingConfig: { EndpointsConfig: { bridge: null } } }, status: 400, message: 'invalid config for network bridge: EndpointsConfig is nil',
    }));

  inEach(['1.51'], 'a MAC address that was asked for is told from the start', async (at) => {
    const MacAddress = '02:42:ac:11:00:99';
    const id = await at.create({ NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress } } } });
    const { NetworkSettings } = await at.inspect(id);
    assert.deepEqual([NetworkSettings.MacAddress, NetworkSettings.Networks.bridge.MacAddress], [MacAddress, MacAddress]);
  });

  inEach(['1.51'], 'namespaces of pids and of names are one\'s own unless said: there is no word for it', async (at) => {
    for (const [HostConfig, message] of [[{ PidMode: 'private' }, 'invalid PID mode: private'], [{ UTSMode: 'private' }, 'invalid UTS mode: private']] as const) {
      await at.answers('POST', '/containers/create', { body: { Image: at.image, HostConfig }, status: 400, message });
    }
  });

  inEach(['1.51'], 'a count of restarts without a policy is refused', (at) =>
    at.answers('POST', '/containers/create', {
      body: { Image: at.image, HostConfig: { RestartPolicy: { MaximumRetryCount: 5 } } }, status: 400, message: "invalid restart policy: maximum retry count can only be used with 'on-failure'",
    }));

  inEach(['1.51'], 'nobody calls a paused container healthy; its next check does', async (at) => {
    const id = await at.run({ Healthcheck: { Test: ['CMD', 'true'], Interval: second / 10 } });
    const status = async (): Promise<string> => (await at.inspect(id)).State.Health.Status;
    while (await status() !== 'healthy');
    await at.expect('POST', `/containers/${id}/pause`, { status: 204 });
    assert.equal(await status(), 'unhealthy');
    await at.expect('POST', `/containers/${id}/unpause`, { status: 204 });
    while (await status() !== 'healthy');
  });

  inEach(['1.51'], 'a run that has ended keeps what its checks said, and nobody calls it healthy', async (at) => {
    const id = await at.run({ Healthcheck: { Test: ['CMD-SHELL', 'echo checked'], Interval: second / 10 } });
    const health = async (): Promise<any> => (await at.inspect(id)).State.Health;
    while ((await health()).Status !== 'healthy');
    await at.expect('POST', `/containers/${id}/kill`, { status: 204 });
    const ended = await health();
    assert.deepEqual([ended.Status, ended.Log[0].Output], ['unhealthy', 'checked\n']);
    const listed = async (state: string): Promise<number> => (await at.expect('GET', '/containers/json', { query: { all: 1, filters: JSON.stringify({ id: [id], health: [state] }) }, status: 200 })).json.length;
    assert.deepEqual([await listed('unhealthy'), await listed('none')], [1, 0]);
    await at.expect('POST', `/containers/${id}/start`, { status: 204 });
    assert.equal((await health()).Log[0].Output, 'checked\n');
  });

  inEach(['1.51'], 'refusals name what was tried', async (at) => {
    const id = await at.run();
    await at.expect('POST', `/containers/${id}/kill`, { query: { signal: '65' }, status: 400, message: `cannot kill container: ${id}: the linux daemon does not support signal 65` });
    await at.expect('POST', `/containers/${id}/stop`, { query: { signal: 'FOO' }, status: [400, 500], message: `cannot stop container: ${id}: invalid signal: FOO` });
    await at.expect('POST', `/containers/${id}/restart`, { query: { signal: 'FOO' }, status: [400, 500], message: `Cannot restart container ${id}: invalid signal: FOO` });
    await at.expect('DELETE', `/containers/${id}`, { status: 409, message: `cannot remove container "${id}": container is running: stop the container before removing or force remove` });
    await at.expect('POST', `/containers/${id}/rename`, { query: { name: '-x' }, status: 400, message: 'Error when allocating new name: Invalid container name (/-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed' });
    await at.expect('GET', '/containers/json', { query: { filters: '{"status":["bad"]}' }, status: 400, message: "invalid filter 'status=bad': invalid value for state (bad): must be one of created, running, paused, restarting, removing, exited, dead" });
  });

  inEach(['1.51'], 'a name server that is no address fails the start, in every mode of the network', async (at) => {
    const message = 'bad nameserver address 1.2.3: ParseAddr("1.2.3"): IPv4 address too short';
    for (const NetworkMode of ['bridge', 'none', 'host']) {
      const id = await at.create({ HostConfig: { NetworkMode, Dns: ['1.1.1.1', '1.2.3'] } });
      await at.expect('POST', `/containers/${id}/start`, { status: 500, message });
      const { State } = await at.inspect(id);
      assert.deepEqual([State.Status, State.ExitCode, State.Error], ['created', 128, message]);
    }
  });

  inEach(['1.51'], 'whatever keeps a container from starting again, its restart is not refused as one of a container that is not there', async (at) => {
    const stopped = await at.create({ Cmd: ['nosuch'] });
    const sharing = await at.create({ HostConfig: { NetworkMode: `container:${stopped}` } });
    await at.expect('POST', `/containers/${stopped}/restart`, { status: 500, message: /^Cannot restart container \w+: .*exec: "nosuch": executable file not found in \$PATH/ });
    await at.expect('POST', `/containers/${sharing}/restart`, { status: 500, message: /^Cannot restart container \w+: cannot join network namespace of a non running container/ });
    await at.expect('POST', '/containers/nosuch/restart', { status: 404 });
  });

  inEach(['1.41', '1.51'], 'a run tells when the one before it ended', async (at) => {
    const id = await at.run({ StopSignal: 'SIGKILL' });
    const first = (await at.inspect(id)).State;
    assert.equal(first.FinishedAt, '0001-01-01T00:00:00Z');
    await at.expect('POST', `/containers/${id}/restart`, { status: 204 });
    const again = (await at.inspect(id)).State;
    assert.deepEqual([again.Status, again.ExitCode], ['running', 0]);
    assert.ok(again.FinishedAt > first.StartedAt && again.FinishedAt < again.StartedAt, JSON.stringify(again));
  });

  inEach(['1.51'], 'a container may join namespaces of one that runs, and is told of which it could not', async (at) => {
    const stopped = await at.create();
    for (const [HostConfig, message] of [
      [{ PidMode: `container:${stopped}` }, `failed to join PID namespace: container ${stopped} is not running`],
      [{ IpcMode: `container:${stopped}` }, `failed to join IPC namespace: container ${stopped} is not running`],
    ] as const) {
      const id = await at.create({ HostConfig });
      await at.expect('POST', `/containers/${id}/start`, { status: [409, 500], message });
      assert.deepEqual([(await at.inspect(id)).State.ExitCode, (await at.inspect(id)).State.Error], [128, message]);
    }
  });

  inEach(['1.51'], 'cgroups are as writable as was asked, whatever the privileges', async (at) => {
    const flags = async (HostConfig: object): Promise<string> => {
      const id = await at.run({ HostConfig });
      const { json } = await at.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['sh', '-c', 'grep -E " cgroup2? r" /proc/mounts | head -n 1 | cut -d" " -f4 | cut -d, -f1'], AttachStdout: true }, status: 201 });
      const { socket, head } = await at.hijack(`/exec/${json.Id}/start`, { body: {} });
      return demultiplex(Buffer.concat([head, ...await Array.fromAsync(socket as AsyncIterable<Buffer>)])).stdout.trim();
    };
    assert.deepEqual([await flags({}), await flags({ Privileged: true })], ['ro', 'rw']);
    assert.deepEqual([await flags({ SecurityOpt: ['writable-cgroups=true'] }), await flags({ Privileged: true, SecurityOpt: ['writable-cgroups=false'] })], ['rw', 'ro']);
  });
});
