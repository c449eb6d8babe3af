import assert from 'node:assert/strict';
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { digestOf } from '../../../src/oci/digest.ts';
import type { Box, Inspected } from '../containers/box.ts';
import { describeManifest, indexOf, layoutMembers, sample, tarOf } from '../images/archive-builder.ts';
import { imageOf, publishImage } from '../images/registry-fixture.ts';

/** A verb, and what must be true once it was answered. */
export interface Scenario {
  name: string;
  /** What the verb finds. */
  given?: (box: Box) => Promise<unknown>;
  /** Asked again after it was cut off, it is done, or says that it was done. */
  act: (box: Box) => Promise<Answered>;
  holds: (box: Box) => Promise<void>;
  /** Takes away whatever there is. */
  tidy: (box: Box) => Promise<void>;
  /** What it is about does not outlive the machine's power. */
  fleeting?: true;
}

export interface Answered { status: number; text: string }

const hello = sample({ text: 'hello of the sample' });
const archive = tarOf(layoutMembers(indexOf([describeManifest(hello, 'docker.io/library/hello:latest')]), [hello]));
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const busybox = 'gantry/busybox:latest';

const ask = (box: Box, method: string, path: string, body?: unknown): Promise<Answered> => box.daemon.request(method, path, body);
/** Takes things away whether they are there or not. */
const remove = async (box: Box, ...paths: string[]): Promise<void> => {
  for (const path of paths) {
    const { status, text } = await box.daemon.request('DELETE', path);
    assert.ok(status < 300 || status === 404, `DELETE ${path}: ${status} ${text}`);
  }
};
const isGone = async (box: Box, path: string): Promise<void> => assert.equal((await box.daemon.request('GET', path)).status, 404, `${path} is there`);

/** The image's bytes are all there: its archive verifies, and a container of it holds the file. */
async function verifies(box: Box, reference: string, path: string, text: string): Promise<void> {
  const saved = await saveOf(box, reference);
  for (const [name, bytes] of saved) {
    const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
    if (hex !== undefined) assert.equal(digestOf(bytes), `sha256:${hex}`);
  }
  const id = await box.create({ Image: reference, Cmd: ['/x'] });
  assert.ok((await box.ok('GET', `/containers/${id}/archive?path=${path}`)).text.includes(text));
  await box.ok('DELETE', `/containers/${id}`);
}

async function saveOf(box: Box, reference: string): Promise<Map<string, Buffer>> {
  const body = await bytesOf(box, `/images/get?names=${encodeURIComponent(reference)}`);
  const found = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= body.length;) {
    const name = body.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(body.toString('latin1', at + 124, at + 136), 8) || 0;
    if (name !== '') found.set(name, body.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  assert.ok(found.has('manifest.json') || found.has('index.json'), `an archive of ${reference}: ${[...found.keys()].join(' ')}`);
  return found;
}

function bytesOf(box: Box, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    http.get({ socketPath: box.daemon.socketPath, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
      response.once('end', () => (response.statusCode === 200 ? resolve(Buffer.concat(chunks)) : reject(new Error(Buffer.concat(chunks).toString()))));
    }).once('error', reject);
  });
}

/** Of this process alone: the rules of an engine that is down go on leading its ports to its containers, and its neighbours choose the same ports. */
const hostIp = `127.1.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const serves = ['sh', '-c', 'echo served > /tmp/page; exec httpd -f -p 80 -h /tmp'];
const serving = { Cmd: serves, StopTimeout: 1, ExposedPorts: { '80/tcp': {} }, HostConfig: { PortBindings: { '80/tcp': [{ HostIp: hostIp }] }, Binds: ['stored:/stored'], RestartPolicy: { Name: 'always' } } };

/** At a start of the engine its policy starts it, when the engine answers already. */
async function isRunning(box: Box, name: string): Promise<Inspected> {
  const found = await box.until(() => box.inspect(name), ({ State }) => State.Status === 'running' || State.Error !== '');
  assert.equal(found.State.Status, 'running', JSON.stringify(found.State));
  return found;
}

/** It runs, a command can be run in it, and its network brings its page, at its published port too. */
async function works(box: Box, name: string): Promise<void> {
  const { NetworkSettings } = await isRunning(box, name) as unknown as { NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } };
  assert.equal((await box.exec(name, ['sh', '-c', 'until wget -q -O - 127.0.0.1/page; do :; done'])).stdout, 'served\n');
  const port = NetworkSettings.Ports['80/tcp']?.[0]?.HostPort;
  assert.ok(port, 'a port is published');
  assert.equal(await (await fetch(`http://${hostIp}:${port}/page`)).text(), 'served\n');
}

async function runs(box: Box, name: string): Promise<void> {
  const started = await box.daemon.request('POST', `/containers/${name}/start`);
  assert.ok([204, 304].includes(started.status), `start of ${name}: ${started.text}`);
  await works(box, name);
}

const contents = tarOf([{ name: 'kept', body: 'kept in a volume' }]);
const filledVolume = (box: Box, name: string): Promise<unknown> => box.ok('PUT', `/gantry/volumes/${name}/archive`, contents);
const isFilled = async (box: Box, name: string): Promise<void> => assert.match((await box.ok('GET', `/gantry/volumes/${name}/archive`)).text, /kept in a volume/);
const subnet = (third: number): object => ({ IPAM: { Config: [{ Subnet: `10.213.${third}.0/24` }] } });

/** `registry` is where `pull` finds its image: `preparePull` put it there. */
export function scenariosWith(registry: string): Scenario[] {
  return [
    {
      name: 'load', act: (box) => ask(box, 'POST', '/images/load?quiet=1', archive),
      holds: (box) => verifies(box, 'hello', '/hello', 'hello of the sample'),
      tidy: (box) => remove(box, '/images/hello?force=1'),
    },
    {
      name: 'pull', act: (box) => ask(box, 'POST', `/images/create?fromImage=${registry}/pulled&tag=v1`),
      holds: (box) => verifies(box, `${registry}/pulled:v1`, '/pulled-0', 'pulled layer 0'),
      tidy: (box) => remove(box, `/images/${registry}/pulled:v1?force=1`),
    },
    {
      name: 'commit',
      given: async (box) => box.wait(await box.start({ Cmd: ['sh', '-c', 'echo committed > /written'] }, 'written')),
      act: (box) => ask(box, 'POST', '/commit?container=written&repo=committed&tag=v1'),
      holds: (box) => verifies(box, 'committed:v1', '/written', 'committed'),
      tidy: (box) => remove(box, '/containers/written?force=1', '/images/committed:v1?force=1').then(() => dropDangling(box)),
    },
    {
      name: 'import', act: (box) => ask(box, 'POST', '/images/create?fromSrc=-&repo=imported&tag=v1', tarOf([{ name: 'brought', body: 'brought in' }])),
      holds: (box) => verifies(box, 'imported:v1', '/brought', 'brought in'),
      tidy: (box) => remove(box, '/images/imported:v1?force=1').then(() => dropDangling(box)),
    },
    {
      name: 'save', act: async (box) => (await saveOf(box, busybox), { status: 200, text: '' }),
      holds: async () => undefined, tidy: async () => undefined,
    },
    {
      name: 'tag', act: (box) => ask(box, 'POST', `/images/${busybox}/tag?repo=tagged&tag=v1`),
      holds: async (box) => void await box.ok('GET', '/images/tagged:v1/json'),
      tidy: (box) => remove(box, '/images/tagged:v1'),
    },
    {
      name: 'rmi', given: (box) => box.ok('POST', '/images/load?quiet=1', archive), act: (box) => ask(box, 'DELETE', '/images/hello'),
      holds: (box) => isGone(box, '/images/hello/json'), tidy: (box) => remove(box, '/images/hello?force=1'),
    },
    {
      name: 'image prune',
      given: async (box) => (await box.ok('POST', '/images/load?quiet=1', archive), await box.create({}, 'keeper')),
      act: (box) => ask(box, 'POST', `/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`),
      holds: async (box) => (await isGone(box, '/images/hello/json'), void await box.ok('GET', `/images/${busybox}/json`)),
      tidy: (box) => remove(box, '/containers/keeper?force=1', '/images/hello?force=1'),
    },
    {
      name: 'create', act: (box) => ask(box, 'POST', '/containers/create?name=made', { Image: busybox, ...serving, Volumes: { '/anonymous': {} } }),
      holds: (box) => runs(box, 'made'), tidy: (box) => remove(box, '/containers/made?force=1&v=1', '/volumes/stored'),
    },
    {
      name: 'start', given: (box) => box.create(serving, 'started'), act: (box) => ask(box, 'POST', '/containers/started/start'),
      holds: (box) => works(box, 'started'), tidy: (box) => remove(box, '/containers/started?force=1', '/volumes/stored'),
    },
    {
      name: 'start and end', fleeting: true, given: (box) => box.create({ Cmd: ['sh', '-c', 'echo out; exit 7'] }, 'brief'),
      act: async (box) => (await ask(box, 'POST', '/containers/brief/start'), await ask(box, 'POST', '/containers/brief/wait')),
      holds: async (box) => {
        const { State } = await box.inspect('brief');
        assert.deepEqual([State.Status, State.ExitCode], ['exited', 7]);
        assert.match((await box.output('brief')).stdout, /^out\n/);
      },
      tidy: (box) => remove(box, '/containers/brief?force=1'),
    },
    {
      name: 'run --rm', fleeting: true, act: async (box) => {
        const made = await ask(box, 'POST', '/containers/create?name=brief', { Image: busybox, Cmd: ['true'], HostConfig: { AutoRemove: true }, Volumes: { '/anonymous': {} } });
        const waited = ask(box, 'POST', '/containers/brief/wait?condition=removed');
        await Promise.all([ask(box, 'POST', '/containers/brief/start'), waited]);
        return made;
      },
      holds: async (box) => void await box.until(() => box.daemon.request('GET', '/containers/brief/json'), ({ status }) => status === 404),
      tidy: (box) => remove(box, '/containers/brief?force=1&v=1'),
    },
    {
      name: 'rm -f', given: (box) => box.start({ ...serving, Volumes: { '/anonymous': {} } }, 'removed'), act: (box) => ask(box, 'DELETE', '/containers/removed?force=1&v=1'),
      holds: (box) => isGone(box, '/containers/removed/json'), tidy: (box) => remove(box, '/containers/removed?force=1&v=1', '/volumes/stored'),
    },
    {
      name: 'stop', given: (box) => box.start({ Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL', HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } }, 'stopped'), act: (box) => ask(box, 'POST', '/containers/stopped/stop'),
      holds: async (box) => assert.equal((await box.inspect('stopped')).State.Status, 'exited'), tidy: (box) => remove(box, '/containers/stopped?force=1'),
    },
    {
      name: 'restart', given: (box) => box.start({ ...serving, StopSignal: 'SIGKILL' }, 'again'), act: (box) => ask(box, 'POST', '/containers/again/restart'),
      holds: (box) => works(box, 'again'), tidy: (box) => remove(box, '/containers/again?force=1', '/volumes/stored'),
    },
    {
      name: 'pause', fleeting: true, given: (box) => box.start({ Cmd: ['sleep', '1000'] }, 'paused'), act: (box) => ask(box, 'POST', '/containers/paused/pause'),
      holds: async (box) => {
        assert.equal((await box.inspect('paused')).State.Status, 'paused');
        await box.ok('POST', '/containers/paused/unpause');
        assert.equal((await box.exec('paused', ['echo', 'awake'])).stdout, 'awake\n');
      },
      tidy: (box) => remove(box, '/containers/paused?force=1'),
    },
    {
      name: 'exec', fleeting: true, given: (box) => box.start({ Cmd: ['sleep', '1000'] }, 'host-of-execs'),
      act: async (box) => ({ status: (await box.exec('host-of-execs', ['sh', '-c', 'echo x >> /executed'])).exitCode === 0 ? 200 : 500, text: '' }),
      holds: async (box) => assert.match((await box.exec('host-of-execs', ['cat', '/executed'])).stdout, /^(x\n)+$/),
      tidy: (box) => remove(box, '/containers/host-of-execs?force=1'),
    },
    {
      name: 'rename', given: (box) => box.create(serving, 'old-name'), act: (box) => ask(box, 'POST', '/containers/old-name/rename?name=new-name'),
      holds: async (box) => (await runs(box, 'new-name'), isGone(box, '/containers/old-name/json')),
      tidy: (box) => remove(box, '/containers/old-name?force=1', '/containers/new-name?force=1', '/volumes/stored'),
    },
    {
      name: 'update', given: (box) => box.start({ Cmd: ['sleep', '1000'] }, 'updated'),
      act: (box) => ask(box, 'POST', '/containers/updated/update', { Memory: 64 << 20, MemorySwap: 128 << 20, RestartPolicy: { Name: 'always' } }),
      holds: async (box) => {
        const { HostConfig } = await box.inspect('updated');
        assert.deepEqual([HostConfig['Memory'], (HostConfig['RestartPolicy'] as { Name: string }).Name], [64 << 20, 'always']);
      },
      tidy: (box) => remove(box, '/containers/updated?force=1'),
    },
    {
      name: 'network create', act: (box) => ask(box, 'POST', '/networks/create', { Name: 'made-net', ...subnet(1) }),
      holds: async (box) => {
        await box.start({ ...serving, HostConfig: { ...serving.HostConfig, NetworkMode: 'made-net' } }, 'guest');
        await works(box, 'guest');
        await box.ok('DELETE', '/containers/guest?force=1');
      },
      tidy: (box) => remove(box, '/containers/guest?force=1', '/networks/made-net', '/volumes/stored'),
    },
    {
      name: 'network connect',
      given: async (box) => (await box.ok('POST', '/networks/create', { Name: 'joined', ...subnet(2) }), await box.start(serving, 'joiner')),
      act: (box) => ask(box, 'POST', '/networks/joined/connect', { Container: 'joiner', EndpointConfig: { IPAMConfig: { IPv4Address: '10.213.2.99' } } }),
      holds: async (box) => {
        await works(box, 'joiner');
        assert.equal((await box.inspect('joiner')).NetworkSettings.Networks['joined']?.IPAddress, '10.213.2.99');
        assert.match((await box.exec('joiner', ['ip', 'address'])).stdout, /10\.213\.2\.99/);
      },
      tidy: (box) => remove(box, '/containers/joiner?force=1', '/networks/joined', '/volumes/stored'),
    },
    {
      name: 'network disconnect',
      given: async (box) => {
        await box.ok('POST', '/networks/create', { Name: 'left', ...subnet(3) });
        await box.start(serving, 'leaver');
        await box.ok('POST', '/networks/left/connect', { Container: 'leaver' });
      },
      act: (box) => ask(box, 'POST', '/networks/left/disconnect', { Container: 'leaver' }),
      holds: async (box) => {
        await works(box, 'leaver');
        assert.deepEqual(Object.keys((await box.inspect('leaver')).NetworkSettings.Networks), ['bridge']);
        assert.doesNotMatch((await box.exec('leaver', ['ip', 'address'])).stdout, /10\.213\.3\./);
      },
      tidy: (box) => remove(box, '/containers/leaver?force=1', '/networks/left', '/volumes/stored'),
    },
    {
      name: 'network rm', given: (box) => box.ok('POST', '/networks/create', { Name: 'gone-net', ...subnet(4) }), act: (box) => ask(box, 'DELETE', '/networks/gone-net'),
      holds: (box) => isGone(box, '/networks/gone-net'), tidy: (box) => remove(box, '/networks/gone-net'),
    },
    {
      name: 'volume create', act: (box) => ask(box, 'POST', '/volumes/create', { Name: 'made-volume', Labels: { a: 'b' } }),
      holds: async (box) => {
        assert.equal((await box.sh('echo x > /v/x && cat /v/x', { HostConfig: { Binds: ['made-volume:/v'], AutoRemove: false } })).stdout, 'x\n');
        assert.deepEqual(((await box.ok('GET', '/volumes/made-volume')).json as { Labels: object }).Labels, { a: 'b' });
        for (const { Id } of (await box.ok('GET', '/containers/json?all=1')).json as { Id: string }[]) await box.ok('DELETE', `/containers/${Id}`);
      },
      tidy: (box) => remove(box, '/volumes/made-volume'),
    },
    {
      name: 'volume rm', given: (box) => filledVolume(box, 'gone-volume'), act: (box) => ask(box, 'DELETE', '/volumes/gone-volume'),
      holds: (box) => isGone(box, '/volumes/gone-volume'), tidy: (box) => remove(box, '/volumes/gone-volume'),
    },
    {
      name: 'volume prune', given: async (box) => (await filledVolume(box, 'pruned-1'), await filledVolume(box, 'pruned-2')),
      act: (box) => ask(box, 'POST', `/volumes/prune?filters=${encodeURIComponent('{"all":["true"]}')}`),
      holds: async (box) => (await isGone(box, '/volumes/pruned-1'), isGone(box, '/volumes/pruned-2')), tidy: (box) => remove(box, '/volumes/pruned-1', '/volumes/pruned-2'),
    },
    {
      name: 'volume clone', given: (box) => filledVolume(box, 'cloned'), act: (box) => ask(box, 'POST', '/gantry/volumes/cloned/clone', { Name: 'clone' }),
      holds: async (box) => (await isFilled(box, 'cloned'), isFilled(box, 'clone')), tidy: (box) => remove(box, '/volumes/cloned', '/volumes/clone'),
    },
    {
      name: 'volume rename', given: (box) => filledVolume(box, 'old-volume'), act: (box) => ask(box, 'POST', '/gantry/volumes/old-volume/rename?name=new-volume'),
      holds: async (box) => (await isFilled(box, 'new-volume'), isGone(box, '/volumes/old-volume')), tidy: (box) => remove(box, '/volumes/old-volume', '/volumes/new-volume'),
    },
    {
      name: 'volume import', act: (box) => ask(box, 'PUT', '/gantry/volumes/brought-volume/archive', contents),
      holds: (box) => isFilled(box, 'brought-volume'), tidy: (box) => remove(box, '/volumes/brought-volume'),
    },
    {
      name: 'cp', given: (box) => box.create(serving, 'filled'), act: (box) => ask(box, 'PUT', '/containers/filled/archive?path=/stored', tarOf([{ name: 'copied', body: 'copied in' }])),
      holds: async (box) => {
        assert.match((await box.ok('GET', '/containers/filled/archive?path=/stored/copied')).text, /copied in/);
        await runs(box, 'filled');
      },
      tidy: (box) => remove(box, '/containers/filled?force=1', '/volumes/stored'),
    },
  ];
}

/** Images that lost their name to a later try. */
async function dropDangling(box: Box): Promise<void> {
  await box.ok('POST', '/images/prune');
}

export async function preparePull(registry: string): Promise<void> {
  const image = imageOf([0, 1, 2].map((index) => [{ name: `pulled-${index}`, body: `pulled layer ${index}` }, { name: `filler-${index}`, body: Buffer.alloc(100_000, index) }]), { architecture });
  assert.equal(digestOf(gunzipSync(image.blobs[0]!)), image.layers[0]!.diffId);
  await publishImage(registry, 'pulled', 'v1', image);
}
