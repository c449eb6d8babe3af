import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Engine, Expected } from './engine.ts';
import { useEngine } from './target.ts';

/** What is wrong in a HostConfig, and what is said of it. Docker 20.10 answers some of them with 500. */
const refusedHostConfigs: readonly (readonly [hostConfig: Record<string, unknown>, message: Expected['message'], status?: Expected['status']])[] = [
  [{ Binds: ['x'] }, "invalid volume specification: 'x': invalid mount config for type \"volume\": invalid mount path: 'x' mount path must be absolute"],
  [{ Binds: ['/tmp:/x:bad'] }, /invalid mode: bad/],
  [{ Binds: [':/x'] }, "invalid volume specification: ':/x'"],
  [{ Binds: ['a:b:c:d'] }, "invalid volume specification: 'a:b:c:d'"],
  [{ Binds: ['/tmp:/'] }, /destination can't be '\/'/],
  [{ Binds: ['/tmp:/x:ro,rw'] }, 'invalid mode: ro,rw'],
  [{ Binds: ['v/bad:/x'] }, /"v\/bad" includes invalid characters for a local volume name, only "\[a-zA-Z0-9\]\[a-zA-Z0-9_.-\]" are allowed/],
  [{ Binds: ['/tmp:/x:nocopy'] }, /field VolumeOptions must not be specified/],
  [{ Binds: ['vol:/x:rshared'] }, /field BindOptions must not be specified/],
  [{ Tmpfs: { relative: '' } }, "invalid mount path: 'relative' mount path must be absolute"],
  [{ Tmpfs: { '/': '' } }, /destination can't be '\/'/],
  [{ Mounts: [{}] }, 'invalid mount config for type "": field Target must not be empty'],
  [{ Mounts: [{ Type: 'bad', Target: '/x' }] }, 'invalid mount config for type "bad": mount type unknown'],
  [{ Mounts: [{ Type: 'npipe', Source: 'x', Target: '/x' }] }, 'invalid mount config for type "npipe": mount type unknown'],
  [{ Mounts: [{ Type: 'bind', Target: '/x' }] }, 'invalid mount config for type "bind": field Source must not be empty'],
  [{ Mounts: [{ Type: 'bind', Source: 'rel', Target: '/x' }] }, 'invalid mount config for type "bind": invalid mount path: \'rel\' mount path must be absolute'],
  [{ Mounts: [{ Type: 'bind', Source: '/tmp', Target: '/x', BindOptions: { Propagation: 'bad' } }] }, 'invalid mount config for type "bind": invalid propagation mode: bad'],
  [{ Mounts: [{ Type: 'volume', Source: 'v', Target: '/x', BindOptions: {} }] }, 'invalid mount config for type "volume": field BindOptions must not be specified'],
  [{ Mounts: [{ Type: 'volume', Target: '/x', ReadOnly: true }] }, 'invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes'],
  [{ Mounts: [{ Type: 'tmpfs', Source: 'x', Target: '/x' }] }, 'invalid mount config for type "tmpfs": field Source must not be specified'],
  [{ Binds: ['/tmp:/x'], Mounts: [{ Type: 'tmpfs', Target: '/x' }] }, 'Duplicate mount point: /x'],
  [{ Binds: ['/tmp:/x'], Tmpfs: { '/x': '' } }, 'Duplicate mount point: /x'],
  [{ VolumesFrom: ['nobody'] }, 'No such container: nobody'],
  [{ VolumesFrom: [''] }, 'volumes-from specification cannot be an empty string'],
  [{ LogConfig: { Type: 'json-file', Config: { colour: 'red' } } }, "unknown log opt 'colour' for json-file log driver"],
  [{ NetworkMode: 'container:' }, /invalid network mode: invalid container format container:<name\|id>/i],
  [{ PortBindings: { 'x/tcp': [{}] } }, 'invalid port specification: "x"'],
  [{ PortBindings: { '99999/tcp': [{}] } }, 'invalid port specification: "99999"'],
  [{ PortBindings: { '80-82/tcp': [{}] } }, 'invalid port specification: "80-82"'],
  [{ PortBindings: { '80/tcp': [{ HostPort: 'http' }] } }, 'invalid port specification: "http"'],
  [{ PortBindings: { '80/tcp': [{ HostPort: '70000' }] } }, 'invalid port specification: "70000"'],
  [{ PortBindings: { '80/tcp': [{ HostPort: '8002-8000' }] } }, 'invalid port specification: "8002-8000"'],
  [{ PortBindings: { '80/tcp': [{ HostPort: '-1' }] } }, 'invalid port specification: "-1"'],
  [{ ExtraHosts: ['a'] }, 'bad format for add-host: "a"'],
  [{ ExtraHosts: [':1.2.3.4'] }, 'bad format for add-host: ":1.2.3.4"'],
  [{ ExtraHosts: ['a:'] }, 'invalid IP address in add-host: ""'],
  [{ ExtraHosts: ['a:b'] }, 'invalid IP address in add-host: "b"'],
  [{ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: -1 } }, /maximum retry count cannot be negative$/],
  [{ RestartPolicy: { Name: 'always', MaximumRetryCount: 5 } }, /maximum retry count can(not be used with restart policy 'always'| only be used with 'on-failure')$/],
  [{ CapAdd: ['CAP_FOO'] }, 'invalid CapAdd: unknown capability: "CAP_FOO"'],
  [{ CapDrop: ['bad'] }, 'invalid CapDrop: unknown capability: "CAP_BAD"'],
  [{ CgroupnsMode: 'bad' }, 'invalid cgroup namespace mode: bad'],
  [{ OomScoreAdj: -1001 }, 'Invalid value -1001, range for oom score adj is [-1000, 1000]'],
  [{ SecurityOpt: ['bad'] }, 'invalid --security-opt 1: "bad"'],
  [{ SecurityOpt: ['bad=x'] }, 'invalid --security-opt 2: "bad=x"'],
  [{ StorageOpt: { size: '10G' } }, "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"],
  [{ StorageOpt: { colour: 'red' } }, 'Unknown option colour'],
  [{ CpuRealtimePeriod: 1000, CpuRealtimeRuntime: 2000 }, 'cpu real-time runtime cannot be higher than cpu real-time period'],
  [{ ShmSize: -1 }, 'SHM size can not be less than 0'],
  [{ Runtime: 'nope' }, /unknown or invalid runtime name: nope|Unknown runtime specified nope/],
  [{ Isolation: 'hyperv' }, /invalid isolation/i],
  [{ Memory: -1 }, 'Minimum memory limit allowed is 6MB'],
  [{ MemoryReservation: 1 }, 'Minimum memory reservation allowed is 6MB'],
  [{ MemorySwap: 64 << 20 }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
  [{ NanoCpus: 1e12 }, /^range of CPUs is from 0.01 to \d+.00, as there are only \d+ CPUs available$/i],
  [{ CpuPeriod: 1 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
  [{ CpuQuota: 1 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
  [{ CpusetCpus: 'x' }, 'Invalid value x for cpuset cpus: invalid format: x'],
  [{ CpusetCpus: ' 0' }, 'Invalid value  0 for cpuset cpus: invalid format:  0'],
  [{ CpusetCpus: '0-8191' }, /^Requested CPUs are not available - requested 0-8191, available: /],
  [{ CpusetCpus: '0-9999999999' }, 'Invalid value 0-9999999999 for cpuset cpus: value of out range, maximum is 8192'],
  [{ CpusetMems: '8191' }, /^Requested memory nodes are not available - requested 8191, available: /],
];

const accepted: readonly Record<string, unknown>[] = [
  { Isolation: 'DEFAULT' }, { ExtraHosts: ['a:host-gateway', 'b:::1'] }, { CapAdd: ['ALL', 'net_admin'] },
  { PortBindings: { '80/tcp': [{ HostPort: '8000-8002' }], '81': [{}] } }, { MemorySwappiness: -1 }, { PidsLimit: -5 }, { NoSuchField: 1 }, { UTSMode: 'host' },
  { SecurityOpt: ['no-new-privileges:false', 'label=disable', 'seccomp:unconfined'] },
];

const refusedConfigs: readonly (readonly [config: Record<string, unknown>, message: Expected['message']])[] = [
  [{ Env: ['=x'] }, 'invalid environment variable: =x'],
  [{ Env: [''] }, 'invalid environment variable: '],
  [{ WorkingDir: 'rel' }, "the working directory 'rel' is invalid, it needs to be an absolute path"],
  [{ StopSignal: 'BAD' }, /^invalid signal: BAD$/i],
  [{ Healthcheck: { Test: ['CMD', 'x'], Interval: 999_999 } }, 'Interval in Healthcheck cannot be less than 1ms'],
  [{ Healthcheck: { Test: ['CMD', 'x'], Timeout: 1 } }, 'Timeout in Healthcheck cannot be less than 1ms'],
  [{ Healthcheck: { Test: ['CMD', 'x'], Retries: -1 } }, 'Retries in Healthcheck cannot be negative'],
  [{ Healthcheck: { Test: ['CMD', 'x'], StartPeriod: 5 } }, 'StartPeriod in Healthcheck cannot be less than 1ms'],
];

/** Fields of the wrong JSON type: Go's decoder names the field and the type it has. */
const wrongTypes: readonly (readonly [body: Record<string, unknown>, message: RegExp])[] = [
  [{ HostConfig: { Binds: 'str' } }, /cannot unmarshal string into Go struct field .*HostConfig\.Binds of type \[\]string/],
  [{ HostConfig: { Memory: '64m' } }, /cannot unmarshal string into Go struct field .*HostConfig\.Memory of type int64/],
  [{ HostConfig: { Memory: 1.5 } }, /cannot unmarshal number 1\.5 into Go struct field .*HostConfig\.Memory of type int64/],
  [{ HostConfig: { BlkioWeight: -1 } }, /cannot unmarshal number -1 into Go struct field .*HostConfig\.BlkioWeight of type uint16/],
  [{ HostConfig: { Privileged: 'yes' } }, /cannot unmarshal string into Go struct field .*HostConfig\.Privileged of type bool/],
  [{ HostConfig: { Mounts: [{ Type: 5 }] } }, /cannot unmarshal number into Go struct field .*Mounts\.(0\.)?Type of type/],
  [{ Labels: ['a'] }, /cannot unmarshal array into Go struct field .*\.Labels of type map\[string\]string/],
  [{ Env: 'A=b' }, /cannot unmarshal string into Go struct field .*\.Env of type \[\]string/],
  [{ HostConfig: 'x' }, /cannot unmarshal string into Go struct field .*\.HostConfig of type/],
];

describe('what a create is asked', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  for (const [HostConfig, message, status = [400, 500]] of refusedHostConfigs) {
    test(`a HostConfig of ${JSON.stringify(HostConfig)} is refused`, () =>
      engine.answers('POST', '/containers/create', { body: { Image: engine.image, Cmd: ['true'], HostConfig }, status, message }));
  }

  test('a swappiness out of range is refused where groups have one, and discarded on control groups v2', async () => {
    const body = { Image: engine.image, Cmd: ['true'], HostConfig: { MemorySwappiness: 101 } };
    const { CgroupVersion } = (await engine.expect('GET', '/info', { status: 200 })).json;
    if (CgroupVersion === '1') return await engine.answers('POST', '/containers/create', { body, status: [400, 500], message: 'Invalid value: 101, valid memory swappiness range is 0-100' });
    const { json } = await engine.expect('POST', '/containers/create', { body, status: 201 });
    assert.deepEqual(json.Warnings, ['Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.']);
    await engine.expect('DELETE', `/containers/${json.Id}`, { status: 204 });
  });

  for (const HostConfig of accepted) {
    test(`a HostConfig of ${JSON.stringify(HostConfig)} is taken`, async () => { await engine.create({ HostConfig }); });
  }

  for (const [config, message] of refusedConfigs) {
    test(`a config of ${JSON.stringify(config)} is refused`, () =>
      engine.answers('POST', '/containers/create', { body: { Image: engine.image, Cmd: ['true'], ...config }, status: [400, 500], message }));
  }

  for (const [body, message] of wrongTypes) {
    test(`the wrong type in ${JSON.stringify(body)} is told`, () =>
      engine.answers('POST', '/containers/create', { body: { Image: engine.image, ...body }, status: [400, 500], message }));
  }

  for (const body of ['null', '{}']) {
    test(`a body of ${body} is no container`, () => engine.answers('POST', '/containers/create', {
      raw: Buffer.from(body), headers: { 'Content-Type': 'application/json' }, status: 400, message: /^config cannot be empty in order to create a container$/i,
    }));
  }

  // A client takes a 404 of a create for a missing image, and pulls.
  test('a network that is not there is missed at the start, and looked for again at the next', async (context) => {
    context.after(async () => {
      await engine.clean();
      await engine.call('DELETE', '/networks/conf-nonet');
    });
    const id = await engine.create({ HostConfig: { NetworkMode: 'conf-nonet' } });
    const { json } = await engine.expect('POST', `/containers/${id}/start`, { status: 404, message: engine.ours ? 'failed to set up container networking: network conf-nonet not found' : /network conf-nonet not found$/ });
    const { State } = await engine.inspect(id);
    assert.deepEqual([State.Status, State.ExitCode, State.Error], ['created', 128, json.message]);
    await engine.expect('POST', '/networks/create', { body: { Name: 'conf-nonet' }, status: 201 });
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    const { Networks } = (await engine.inspect(id)).NetworkSettings;
    assert.match(Networks['conf-nonet'].IPAddress, /^\d+\./);
  });

  test('inspect shows what was asked, cleaned', async () => {
    const seen = await engine.inspect(await engine.create({
      WorkingDir: '/w/../x/', Volumes: { '/v/': {} }, Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, Timeout: 2e9, StartPeriod: 3e9, Retries: 4 },
      StopSignal: 'SIGINT', StopTimeout: 7, Shell: ['/bin/bash'], OnBuild: ['RUN x'],
    }));
    assert.equal(seen.Config.WorkingDir, '/x');
    assert.deepEqual(seen.Config.Volumes, { '/v/': {} });
    assert.deepEqual(seen.Mounts.map(({ Destination, Type, RW }: any) => [Destination, Type, RW]), [['/v', 'volume', true]]);
    assert.deepEqual(seen.Config.Healthcheck, { Test: ['CMD', 'true'], Interval: 1e9, Timeout: 2e9, StartPeriod: 3e9, Retries: 4 });
    assert.deepEqual([seen.Config.StopSignal, seen.Config.StopTimeout, seen.Config.Shell, seen.Config.OnBuild], ['SIGINT', 7, ['/bin/bash'], ['RUN x']]);
  });

  test('what was not asked is null, empty or absent, each in its place', async () => {
    const { Config, HostConfig, ExecIDs } = await engine.inspect(await engine.create({}));
    assert.deepEqual([Config.Volumes, Config.Entrypoint, Config.OnBuild, ExecIDs], [null, null, null, null]);
    for (const absent of ['ExposedPorts', 'Healthcheck', 'StopTimeout', 'Shell', 'MacAddress', 'NetworkDisabled']) assert.ok(!(absent in Config), absent);
    const nulls = ['Binds', 'VolumesFrom', 'CapAdd', 'CapDrop', 'ExtraHosts', 'GroupAdd', 'Links', 'SecurityOpt', 'Devices', 'DeviceCgroupRules', 'DeviceRequests', 'Ulimits', 'PidsLimit'];
    for (const name of nulls) assert.equal(HostConfig[name], null, name);
    assert.deepEqual([HostConfig.ConsoleSize, HostConfig.ContainerIDFile, HostConfig.UTSMode, HostConfig.PidMode], [[0, 0], '', '', '']);
    for (const absent of ['Tmpfs', 'Mounts', 'Sysctls', 'Init']) assert.ok(!(absent in HostConfig), absent);
  });

  test('--tmpfs is no mount of the list, a mount of type tmpfs is one', async () => {
    const seen = await engine.inspect(await engine.create({ HostConfig: { Tmpfs: { '/a': 'size=1m' }, Mounts: [{ Type: 'tmpfs', Target: '/b' }] } }));
    assert.deepEqual(seen.Mounts.map(({ Destination }: any) => Destination), ['/b']);
    assert.deepEqual(seen.HostConfig.Tmpfs, { '/a': 'size=1m' });
  });

  for (const [HostConfig, said] of [
    [{ Privileged: true }, ['label=disable']], [{ PidMode: 'host', SecurityOpt: ['no-new-privileges'] }, ['no-new-privileges', 'label=disable']],
    [{ IpcMode: 'host' }, ['label=disable']], [{ PidMode: 'host', SecurityOpt: ['label=disable'] }, ['label=disable']],
  ] as const) {
    test(`${JSON.stringify(HostConfig)} has the security options ${said.join(' ')}`, async () => {
      assert.deepEqual((await engine.inspect(await engine.create({ HostConfig }))).HostConfig.SecurityOpt, said);
    });
  }

  test('a container in the host\'s UTS namespace is still called by its id, one in its network as the host', async () => {
    const uts = await engine.inspect(await engine.create({ HostConfig: { UTSMode: 'host' } }));
    assert.equal(uts.Config.Hostname, uts.Id.slice(0, 12));
    const net = await engine.inspect(await engine.create({ HostConfig: { NetworkMode: 'host' } }));
    assert.notEqual(net.Config.Hostname, net.Id.slice(0, 12));
  });

  test('a container in the host\'s network has an endpoint there while it runs', async () => {
    const { Networks } = (await engine.inspect(await engine.run({ HostConfig: { NetworkMode: 'host' } }))).NetworkSettings;
    assert.deepEqual(Object.keys(Networks), ['host']);
    assert.match(Networks.host.EndpointID, /^[0-9a-f]{64}$/);
  });

  test('NetworkDisabled leaves a container without any network', async () => {
    const { id, stdout } = await engine.finished({ NetworkDisabled: true, Cmd: ['ls', '/sys/class/net'] });
    assert.deepEqual((await engine.inspect(id)).NetworkSettings.Networks, {});
    assert.doesNotMatch(stdout, /eth/);
  });

  test('a start refuses propagation that the host\'s own mounts do not take part in', async (context) => {
    const id = await engine.create({ HostConfig: { Mounts: [{ Type: 'bind', Source: '/var', Target: '/x', BindOptions: { Propagation: 'rshared' } }] } });
    const { status, json } = await engine.call('POST', `/containers/${id}/start`);
    if (status === 204) return void context.skip('this host shares its mounts');
    assert.ok([400, 500].includes(status));
    assert.match(json.message, /^path \/var is mounted on \S+ but it is not a shared mount$/);
  });

  test('limits that the kernel does not have are left out, with a warning', async () => {
    const { json } = await engine.expect('POST', '/containers/create', { query: { name: 'conf-warned' }, body: { Image: engine.image, Cmd: ['true'], HostConfig: { OomKillDisable: true } }, status: 201 });
    await engine.call('DELETE', '/containers/conf-warned');
    assert.equal(json.Warnings.length, 1);
    assert.match(json.Warnings[0], /^OOM killer is disabled for the container, but no memory limit is set|^Your kernel does not support OomKillDisable/);
  });

  test('a working directory is there before the first start, for who copies files into it', async () => {
    const id = await engine.create({ WorkingDir: '/app/work' });
    const { json } = await engine.expect('GET', `/containers/${id}/changes`, { status: 200 });
    assert.deepEqual(json, [{ Path: '/app', Kind: 1 }, { Path: '/app/work', Kind: 1 }]);
    await engine.expect('GET', `/containers/${id}/archive`, { query: { path: '/app/work' }, status: 200 });
    await engine.answers('POST', '/containers/create', { body: { Image: engine.image, Cmd: ['true'], WorkingDir: '/etc/passwd' }, status: [400, 500], message: /Cannot mkdir: \/etc\/passwd is not a directory/ });
  });

  test('an init is for a pid namespace of its own: in the host\'s the command runs without', async () => {
    const { exitCode, stdout } = await engine.finished({ Cmd: ['cat', '/proc/self/cmdline'], HostConfig: { Init: true, PidMode: 'host' } });
    const own = await engine.finished({ Cmd: ['cat', '/proc/1/cmdline'], HostConfig: { Init: true } });
    assert.deepEqual([exitCode, stdout, own.exitCode], [0, 'cat\0/proc/self/cmdline\0', 0]);
    assert.match(own.stdout, /^\/sbin\/docker-init\0--\0cat/);
  });

  test('an empty HOME is none: the user\'s own stays, for execs too', async () => {
    const home = async (User: string): Promise<string> => (await engine.finished({ Cmd: ['sh', '-c', 'echo $HOME'], Env: ['HOME='], User })).stdout;
    assert.deepEqual([await home(''), await home('1')], ['/root\n', '/usr/sbin\n']);
    const id = await engine.run({ Env: ['HOME='] });
    assert.ok((await engine.inspect(id)).Config.Env.includes('HOME='));
    const { json: { Id } } = await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['sh', '-c', 'echo $HOME'], Env: ['HOME='], AttachStdout: true }, status: 201 });
    assert.match((await engine.expect('POST', `/exec/${Id}/start`, { body: {}, status: 200 })).text, /\/root\n$/);
  });

  test('the NIS domain is a parameter of the container\'s own', async () => {
    assert.equal((await engine.finished({ Cmd: ['cat', '/proc/sys/kernel/domainname'], HostConfig: { Sysctls: { 'kernel.domainname': 'lan' } } })).stdout, 'lan\n');
  });

  test('a root filesystem weighs what its image does, and what was written', async () => {
    const { id } = await engine.finished({ Cmd: ['dd', 'if=/dev/zero', 'of=/written', 'bs=1k', 'count=20'] });
    const { SizeRw, SizeRootFs } = (await engine.expect('GET', `/containers/${id}/json`, { query: { size: 1 }, status: 200 })).json;
    assert.deepEqual([SizeRw, SizeRootFs - SizeRw], [20 * 1024, (await engine.expect('GET', `/images/${engine.image}/json`, { status: 200 })).json.Size]);
  });

  test('a number of log files without a size is taken', async () => {
    await engine.create({ HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-file': '3' } } } });
  });

  for (const [CpuShares, message] of [[1, /the minimum allowed cpu-shares is 2/], [262_145, /the maximum allowed cpu-shares is 262144/]] as const) {
    test(`a start refuses ${CpuShares} CPU shares where groups cannot keep them`, async (context) => {
      if ((await engine.expect('GET', '/info', { status: 200 })).json.CgroupVersion === '2') return void context.skip('control groups v2 have weights');
      const id = await engine.create({ HostConfig: { CpuShares } });
      await engine.answers('POST', `/containers/${id}/start`, { status: [400, 500], message });
    });
  }
});
