/** What programs do that manage containers for others: they renew them, watch them, show them, and take away what was left. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import Docker from 'dockerode';
import { image, Stage } from './stage.ts';

let stage: Stage;
let docker: Docker;
before(async () => {
  stage = await Stage.withImage();
  docker = new Docker({ socketPath: stage.daemon.socketPath });
});
after(() => stage[Symbol.asyncDispose]());

const idle = { Image: image, Cmd: ['sleep', '1000'] };

test('a container is renewed from its own inspect, and is what it was, networks and volumes included', async () => {
  const networks = [await docker.createNetwork({ Name: 'fixed', IPAM: { Config: [{ Subnet: '10.213.95.0/24' }] } }), await docker.createNetwork({ Name: 'other' })];
  const old = await docker.createContainer({
    ...idle, name: 'service', Hostname: 'box', Env: ['A=b'], ExposedPorts: { '80/tcp': {} }, Volumes: { '/own': {} }, Healthcheck: { Test: ['CMD', 'true'], Interval: 60e9 }, StopSignal: 'SIGKILL', Labels: { tier: 'web' },
    HostConfig: {
      Init: true, PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] }, RestartPolicy: { Name: 'always' }, Binds: ['renewed:/data'], NetworkMode: 'fixed', ExtraHosts: ['x.test:1.2.3.4'],
      Memory: 64 << 20, CapAdd: ['NET_ADMIN'], LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } }, Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
    },
    NetworkingConfig: { EndpointsConfig: { fixed: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.213.95.50' } } } },
  } as Docker.ContainerCreateOptions);
  await old.start();
  await networks[1]!.connect({ Container: old.id, EndpointConfig: { Aliases: ['second'] } });
  const was = await old.inspect();
  await old.stop({ t: 1 });
  await old.rename({ name: 'service-old' });
  const renewed = await docker.createContainer({ ...was.Config, name: 'service', HostConfig: was.HostConfig, NetworkingConfig: { EndpointsConfig: was.NetworkSettings.Networks } } as Docker.ContainerCreateOptions);
  await old.remove({ v: true });
  await renewed.start();
  const now = await renewed.inspect();
  // What was given by chance before is asked for now, and shown in the old place too, as Docker does.
  const { MacAddress, ...config } = now.Config as typeof now.Config & { MacAddress: string };
  assert.deepEqual(config, was.Config);
  assert.equal(MacAddress, was.NetworkSettings.Networks['fixed']?.MacAddress);
  assert.deepEqual(now.HostConfig, was.HostConfig);
  const { fixed, other } = now.NetworkSettings.Networks as unknown as Record<string, { IPAddress: string; Aliases: string[]; DNSNames: string[] }>;
  assert.deepEqual([fixed?.IPAddress, fixed?.Aliases, other?.Aliases], ['10.213.95.50', ['web'], ['second']]);
  assert.deepEqual(fixed?.DNSNames, ['service', 'web', renewed.id.slice(0, 12), 'box']);
  assert.deepEqual(now.Mounts.map(({ Destination, Type }) => `${Type} ${Destination}`).sort(), ['volume /data', 'volume /own']);
  await renewed.remove({ force: true, v: true });
  for (const network of networks) await network.remove();
  await docker.getVolume('renewed').remove();
});

test('a proxy sees in events and lists what it is to serve, and when that ends', async () => {
  const events = await docker.getEvents({ filters: { type: ['container'], label: ['served'], event: ['start', 'die', 'health_status', 'destroy'] } }) as Readable;
  let told = '';
  events.setEncoding('utf8').on('data', (text: string) => { told += text; });
  const seen = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(told)) await once(events, 'data');
  };
  const stranger = await docker.createContainer(idle);
  await stranger.start();
  const served = await docker.createContainer({ ...idle, name: 'served', Labels: { served: 'yes' }, ExposedPorts: { '8080/tcp': {} }, Healthcheck: { Test: ['CMD', 'true'], Interval: 60e9, StartPeriod: 60e9, StartInterval: 1e8 } } as Docker.ContainerCreateOptions);
  await served.start();
  await seen(/"health_status: healthy"/);
  const [row, ...others] = await docker.listContainers({ filters: { label: ['served=yes'], status: ['running'], health: ['healthy'], network: ['bridge'], expose: ['8080/tcp'] } });
  assert.deepEqual(others, []);
  assert.deepEqual([row?.Names, row?.Ports, row?.HostConfig.NetworkMode], [['/served'], [{ PrivatePort: 8080, Type: 'tcp' }], 'bridge']);
  assert.match(row!.NetworkSettings.Networks['bridge']!.IPAddress, /^\d+\.\d+\.\d+\.\d+$/);
  await served.remove({ force: true });
  await stranger.remove({ force: true });
  await seen(/"Action":"destroy"/);
  events.destroy();
  const actions = told.trim().split('\n').map((line) => (JSON.parse(line) as { Action: string }).Action);
  assert.deepEqual(actions, ['start', 'health_status: healthy', 'die', 'destroy']);
});

test('a dashboard reads figures as they come, and types into a terminal at once', async () => {
  const container = await docker.createContainer({ ...idle, HostConfig: { Init: true } });
  await container.start();
  const stats = await container.stats({ stream: true }) as Readable;
  let lines = '';
  for await (const part of stats) {
    lines += String(part);
    if (lines.split('\n').length > 2) break;
  }
  const [first, second] = lines.split('\n').map((line) => (line === '' ? undefined : JSON.parse(line) as Docker.ContainerStats));
  assert.equal(second?.precpu_stats.system_cpu_usage, first?.cpu_stats.system_cpu_usage);

  const exec = await container.exec({ Cmd: ['sh'], Tty: true, AttachStdin: true, AttachStdout: true, AttachStderr: true });
  const terminal = await exec.start({ hijack: true, stdin: true, Tty: true });
  await exec.resize({ h: 40, w: 120 });
  let shown = '';
  terminal.on('data', (bytes: Buffer) => { shown += String(bytes); });
  terminal.write('stty size; exit 3\n');
  await once(terminal, 'end');
  assert.match(shown, /^40 120\r$/m);
  assert.equal((await exec.inspect()).ExitCode, 3);
  await container.remove({ force: true });
});

test('a reaper in a container takes away through the mounted socket what carries its label, and nothing else', async () => {
  const label = { 'reaper.session': 'one' };
  const kept = await docker.createContainer({ ...idle, name: 'kept', Labels: { 'reaper.session': 'two' } });
  await docker.createContainer({ ...idle, name: 'left', Labels: label });
  await docker.createNetwork({ Name: 'left', Labels: label });
  await docker.createVolume({ Name: 'left', Labels: label });
  const filters = encodeURIComponent(JSON.stringify({ label: ['reaper.session=one'] }));
  const reaper = await docker.createContainer({
    Image: image, Cmd: ['/node', '-e', `
      const ask = (path) => new Promise((resolve, reject) => require('http')
        .request({ socketPath: '/var/run/docker.sock', method: 'POST', path: '/v1.41/' + path }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode))).on('error', reject).end());
      (async () => { for (const noun of ['containers', 'networks', 'volumes']) console.log(noun, await ask(noun + '/prune?filters=${filters}')); })();
    `],
    HostConfig: { Binds: [`${stage.daemon.socketPath}:/var/run/docker.sock`, ...nodeInside()] },
  });
  await reaper.start();
  await reaper.wait();
  const said = (await reaper.logs({ stdout: true, stderr: true })).toString('latin1');
  await reaper.remove();
  for (const noun of ['containers', 'networks', 'volumes']) assert.match(said, new RegExp(`${noun} 200`));
  assert.deepEqual(await stage.containers(), ['kept']);
  assert.deepEqual((await docker.listNetworks({ filters: { label: ['reaper.session'] } })).length, 0);
  assert.deepEqual((await docker.listVolumes({ filters: { label: ['reaper.session'] } })).Volumes, []);
  await kept.remove();
});

/** Binds that make this Node run in an image without a C library: its own file, its loader, and the folders of what it has loaded. */
function nodeInside(): string[] {
  const loaded = readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\.so[.\d]*$/gm) ?? [];
  const folders = new Set(loaded.filter((path) => /^\/(usr\/)?lib/.test(path)).map(dirname));
  const loader = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' }[process.arch as 'x64' | 'arm64'];
  return [`${process.execPath}:/node:ro`, `${loader}:${loader}:ro`, ...[...folders].map((folder) => `${folder}:${folder}:ro`)];
}
