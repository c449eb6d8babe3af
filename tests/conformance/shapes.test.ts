import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { atLeast, compareVersions } from '../../src/api/types/version.ts';
import type { Engine } from './engine.ts';
import { assertShape, type Shape } from './shape.ts';
import { useEngine } from './target.ts';

const endpoint: Shape = {
  IPAMConfig: 'null', Links: 'null', Aliases: 'null', NetworkID: 'text', EndpointID: 'text', Gateway: 'text', IPAddress: 'text', IPPrefixLen: 'integer',
  IPv6Gateway: 'string', GlobalIPv6Address: 'string', GlobalIPv6PrefixLen: 'integer', MacAddress: 'text', DriverOpts: 'null',
};

/** Of a container that was asked for with nothing but its image and its command, and runs. */
const hostConfig: Shape = {
  Binds: 'null', ContainerIDFile: 'empty', LogConfig: { Type: 'text', Config: '{}' }, NetworkMode: 'text', PortBindings: 'null|{}', RestartPolicy: { Name: 'string', MaximumRetryCount: 'integer' },
  AutoRemove: 'flag', VolumeDriver: 'empty', VolumesFrom: 'null', CapAdd: 'null', CapDrop: 'null', CgroupnsMode: 'text', Dns: 'null|[]', DnsOptions: 'null|[]', DnsSearch: 'null|[]', ExtraHosts: 'null',
  GroupAdd: 'null', IpcMode: 'text', Cgroup: 'empty', Links: 'null', OomScoreAdj: 'integer', PidMode: 'empty', Privileged: 'flag', PublishAllPorts: 'flag', ReadonlyRootfs: 'flag', SecurityOpt: 'null',
  UTSMode: 'empty', UsernsMode: 'empty', ShmSize: 'integer', Runtime: 'text', ConsoleSize: 'list', Isolation: 'empty', CpuShares: 'integer', Memory: 'integer', NanoCpus: 'integer', CgroupParent: 'empty',
  BlkioWeight: 'integer', BlkioWeightDevice: 'null|[]', BlkioDeviceReadBps: 'null', BlkioDeviceWriteBps: 'null', BlkioDeviceReadIOps: 'null', BlkioDeviceWriteIOps: 'null', CpuPeriod: 'integer', CpuQuota: 'integer',
  CpuRealtimePeriod: 'integer', CpuRealtimeRuntime: 'integer', CpusetCpus: 'empty', CpusetMems: 'empty', Devices: 'null|[]', DeviceCgroupRules: 'null', DeviceRequests: 'null', MemoryReservation: 'integer',
  MemorySwap: 'integer', MemorySwappiness: 'null', OomKillDisable: 'flag|null', PidsLimit: 'null', Ulimits: 'null', CpuCount: 'integer', CpuPercent: 'integer', IOMaximumIOps: 'integer', IOMaximumBandwidth: 'integer',
  MaskedPaths: 'strings', ReadonlyPaths: 'strings', Init: 'absent', Mounts: 'absent', Tmpfs: 'absent', Sysctls: 'absent', StorageOpt: 'absent',
};

const config: Shape = {
  Hostname: 'text', Domainname: 'empty', User: 'empty', AttachStdin: 'flag', AttachStdout: 'flag', AttachStderr: 'flag', ExposedPorts: 'absent', Tty: 'flag', OpenStdin: 'flag', StdinOnce: 'flag',
  Env: 'strings', Cmd: 'strings', Image: 'text', Volumes: 'null', WorkingDir: 'string', Entrypoint: 'null', OnBuild: 'null', Labels: 'labels', Healthcheck: 'absent', StopSignal: 'absent', StopTimeout: 'absent',
};

const container: Shape = {
  Id: 'text', Created: 'time', Path: 'text', Args: 'strings', Image: 'text', ResolvConfPath: 'text', HostnamePath: 'text', HostsPath: 'text', LogPath: 'text', Name: 'text', RestartCount: 'integer', Driver: 'text',
  Platform: 'text', MountLabel: 'empty', ProcessLabel: 'empty', AppArmorProfile: 'string', ExecIDs: 'null', Mounts: '[]', SizeRw: 'absent',
  State: {
    Status: 'text', Running: 'flag', Paused: 'flag', Restarting: 'flag', OOMKilled: 'flag', Dead: 'flag', Pid: 'integer', ExitCode: 'integer', Error: 'empty', StartedAt: 'time', FinishedAt: 'time', Health: 'absent',
  },
  HostConfig: hostConfig, Config: config, GraphDriver: { Name: 'text', Data: 'object' },
  NetworkSettings: {
    Bridge: 'empty', SandboxID: 'text', SandboxKey: 'text', Ports: '{}', HairpinMode: 'flag', LinkLocalIPv6Address: 'empty', LinkLocalIPv6PrefixLen: 'integer', SecondaryIPAddresses: 'null', SecondaryIPv6Addresses: 'null',
    EndpointID: 'text', Gateway: 'text', IPAddress: 'text', IPPrefixLen: 'integer', IPv6Gateway: 'string', MacAddress: 'text', Networks: { bridge: endpoint },
  },
};

const summary: Shape = {
  Id: 'text', Names: 'strings', Image: 'text', ImageID: 'text', Command: 'text', Created: 'integer', Ports: '[]', Labels: 'labels', State: 'text', Status: 'text', HostConfig: { NetworkMode: 'text' },
  NetworkSettings: { Networks: { bridge: endpoint } }, Mounts: '[]', SizeRw: 'absent',
};

const imageSummary: Shape = {
  Containers: 'integer', Created: 'integer', Id: 'text', Labels: 'labels|null', ParentId: 'string', RepoDigests: 'strings|null', RepoTags: 'strings', SharedSize: 'integer', Size: 'integer', VirtualSize: 'integer',
};

const image: Shape = {
  Id: 'text', RepoTags: 'strings', RepoDigests: 'strings', Parent: 'string', Comment: 'string', Created: 'text', Container: 'string|absent', ContainerConfig: { Hostname: 'string', Cmd: 'strings|null', Labels: 'object|null' },
  DockerVersion: 'string', Author: 'string', Config: { Env: 'strings|null', Cmd: 'strings|null', Labels: 'labels|null', Volumes: 'object|null', Entrypoint: 'strings|null', OnBuild: 'strings|null', User: 'string', WorkingDir: 'string' },
  Architecture: 'text', Os: 'text', Size: 'integer', VirtualSize: 'integer', GraphDriver: { Name: 'text' }, RootFS: { Type: 'text', Layers: 'strings' }, Metadata: { LastTagTime: 'text' },
};

const info: Shape = {
  ID: 'text', Containers: 'integer', ContainersRunning: 'integer', ContainersPaused: 'integer', ContainersStopped: 'integer', Images: 'integer', Driver: 'text', DriverStatus: 'list',
  Plugins: { Volume: 'strings', Network: 'strings', Authorization: 'null', Log: 'strings' }, MemoryLimit: 'flag', SwapLimit: 'flag', CPUShares: 'flag', PidsLimit: 'flag', IPv4Forwarding: 'flag', BridgeNfIptables: 'flag',
  Debug: 'flag', NFd: 'integer', NGoroutines: 'integer', SystemTime: 'text', LoggingDriver: 'text', CgroupDriver: 'text', NEventsListener: 'integer', KernelVersion: 'text', OperatingSystem: 'text', OSType: 'text',
  Architecture: 'text', IndexServerAddress: 'text', RegistryConfig: { InsecureRegistryCIDRs: 'strings', IndexConfigs: 'object', Mirrors: 'strings|null' }, NCPU: 'integer', MemTotal: 'integer', GenericResources: 'null', DockerRootDir: 'text',
  HttpProxy: 'string', HttpsProxy: 'string', NoProxy: 'string', Name: 'text', Labels: 'strings', ExperimentalBuild: 'flag', ServerVersion: 'text', Runtimes: 'object', DefaultRuntime: 'text',
  Swarm: { NodeID: 'empty', LocalNodeState: 'text', ControlAvailable: 'flag', RemoteManagers: 'null' }, LiveRestoreEnabled: 'flag', InitBinary: 'string', ContainerdCommit: { ID: 'string', Expected: 'string' }, SecurityOptions: 'strings', Warnings: 'strings|null',
};

const network: Shape = {
  Name: 'text', Id: 'text', Created: 'text', Scope: 'text', Driver: 'text', EnableIPv6: 'flag', IPAM: { Driver: 'text', Options: 'null', Config: 'list|null' }, Internal: 'flag', Attachable: 'flag', Ingress: 'flag',
  ConfigFrom: { Network: 'empty' }, ConfigOnly: 'flag', Options: 'labels', Labels: 'labels',
};

describe('the shape of answers, in every version', () => {
  let newest: Engine;
  useEngine((opened) => { newest = opened; });

  for (const version of ['1.24', '1.30', '1.35', '1.40', '1.41', '1.42', '1.43', '1.44', '1.45', '1.46', '1.47', '1.48', '1.49', '1.50', '1.51']) {
    const until = (last: string, shape: Shape): Shape => (compareVersions(version, last) <= 0 ? shape : 'absent');
    const since = (first: string, shape: Shape): Shape => (atLeast(version, first) ? shape : 'absent');
    test(`answers of ${version}`, async (context) => {
      const engine = await newest.at(version);
      if (engine === undefined) return context.skip('spoken by newer engines');
      // What 20.10 did not know, newer ones tell in every version.
      const knows = engine.ours || (await newest.at('1.48')) !== undefined;
      const get = async (path: string, query: Record<string, string | number> = {}): Promise<any> => (await engine.expect('GET', path, { query, status: 200 })).json;
      const check = async (path: string, shape: Shape): Promise<void> => assertShape(await get(path), shape, `${version}${path}`);
      const images = { ...imageSummary, VirtualSize: until('1.43', 'integer') };
      const id = await engine.run();
      const only = JSON.stringify({ id: [id] });
      await check(`/containers/${id}/json`, container);
      assertShape(await get('/containers/json', { filters: only }), [summary], 'containers/json');
      assertShape(await get('/containers/json', { filters: only, size: 1 }), [{ SizeRootFs: 'integer' }], 'containers/json?size');
      await check('/images/json', [images]);
      await check(`/images/${encodeURIComponent(engine.image)}/json`, { ...image, VirtualSize: until('1.43', 'integer'), ContainerConfig: until('1.44', { Hostname: 'string', Cmd: 'strings|null', Labels: 'object|null' }) });
      await check(`/images/${encodeURIComponent(engine.image)}/history`, [{ Id: 'text', Created: 'integer', CreatedBy: 'string', Tags: 'strings|null', Size: 'integer', Comment: 'string' }]);
      await check('/info', {
        ...info, ExecutionDriver: version === '1.24' ? 'text|absent' : 'absent', BridgeNfIptables: until('1.49', 'flag'), FirewallBackend: since('1.49', { Driver: 'text' }),
        ContainerdCommit: { ID: 'string', Expected: until('1.48', 'string|absent') }, ...(knows && { CDISpecDirs: 'list' }),
      });
      await check('/networks', [{ ...network, Containers: version === '1.24' ? 'object' : '{}' }]);
      await check('/networks/bridge', { ...network, Containers: { [id]: { Name: 'text', EndpointID: 'text', MacAddress: 'text', IPv4Address: 'text', IPv6Address: 'string' } } });
      await check(`/containers/${id}/top`, { Titles: 'strings', Processes: 'list' });
      await check(`/containers/${id}/changes`, 'null');
      await check('/version', {
        Platform: { Name: 'string' }, Components: [{ Name: 'text', Version: 'string', Details: 'object' }], Version: 'text', ApiVersion: 'text', MinAPIVersion: 'text', GitCommit: 'string', GoVersion: 'string', Os: 'text', Arch: 'text', KernelVersion: 'text', BuildTime: 'string',
      });
      if (version !== '1.24') await check('/system/df', { LayersSize: 'integer', Images: [images], Containers: 'list', Volumes: 'list|null', BuildCache: 'list|null' });
    });
  }

  test('a list of nothing is [] or null, as each answer has it', async () => {
    const none = { filters: JSON.stringify({ label: ['conf=none'] }) };
    assertShape((await newest.expect('GET', '/containers/json', { query: none, status: 200 })).json, '[]', 'containers');
    assertShape((await newest.expect('GET', '/images/json', { query: none, status: 200 })).json, '[]', 'images');
    assertShape((await newest.expect('GET', '/networks', { query: none, status: 200 })).json, '[]', 'networks');
    assertShape((await newest.expect('GET', '/volumes', { query: none, status: 200 })).json, { Volumes: '[]', Warnings: 'null' }, 'volumes');
    assertShape((await newest.expect('POST', '/containers/prune', { query: none, status: 200 })).json, { ContainersDeleted: 'null', SpaceReclaimed: 'integer' }, 'containers/prune');
    assertShape((await newest.expect('POST', '/images/prune', { query: none, status: 200 })).json, { ImagesDeleted: 'null', SpaceReclaimed: 'integer' }, 'images/prune');
    assertShape((await newest.expect('POST', '/networks/prune', { query: none, status: 200 })).json, { NetworksDeleted: 'null' }, 'networks/prune');
    assertShape((await newest.expect('POST', '/volumes/prune', { query: none, status: 200 })).json, { VolumesDeleted: '[]', SpaceReclaimed: 'integer' }, 'volumes/prune');
  });

  test('empty labels are told from none', async (context) => {
    for (const [Labels, shape] of [[{}, '{}'], [undefined, 'null'], [{ b: '1', a: '2' }, 'labels']] as const) {
      const name = `conf-labels-${process.pid}`;
      context.after(() => newest.call('DELETE', `/volumes/${name}`));
      assertShape((await newest.expect('POST', '/volumes/create', { body: { Name: name, Labels }, status: 201 })).json.Labels, shape, 'Labels');
      assertShape((await newest.expect('GET', `/volumes/${name}`, { status: 200 })).json.Labels, shape, 'Labels');
      await newest.expect('DELETE', `/volumes/${name}`, { status: 204 });
    }
  });

  test('an empty entrypoint is one', async () => {
    const { Config, Path } = await newest.inspect(await newest.create({ Entrypoint: [], Cmd: ['true'] }));
    assert.deepEqual([Config.Entrypoint, Path], [[], 'true']);
  });

  test('the greatest integer is read and written with all its digits', async () => {
    const raw = Buffer.from(`{"Image":${JSON.stringify(newest.image)},"Cmd":["true"],"HostConfig":{"Memory":9223372036854775807,"MemorySwap":9223372036854775807}}`);
    const { json } = await newest.expect('POST', '/containers/create', { raw, headers: { 'Content-Type': 'application/json' }, status: 201 });
    const { text } = await newest.expect('GET', `/containers/${json.Id}/json`, { status: 200 });
    await newest.expect('DELETE', `/containers/${json.Id}`, { status: 204 });
    assert.match(text, /"Memory":9223372036854775807,/);
    for (const wrong of ['9223372036854775808', '1.0', '1e3']) {
      const body = Buffer.from(`{"Image":"x","HostConfig":{"Memory":${wrong}}}`);
      const message = new RegExp(`json: cannot unmarshal number ${wrong} into Go struct field .*Memory of type int64`);
      await newest.expect('POST', '/containers/create', { raw: body, headers: { 'Content-Type': 'application/json' }, status: [400, 500], message });
    }
  });
});
