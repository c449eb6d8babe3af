import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { createNetns, removeNetns } from '../../../src/host/namespaces.ts';
import { createResolver, type Resolver } from '../../../src/network/dns/client.ts';
import { parseQuery, writeAnswer } from '../../../src/network/dns/message.ts';

/** Of this process alone: at 127.0.0.1 another program may have the number for TCP that the kernel gives for UDP. */
const upstreamAddress = `127.2.${(process.pid >> 8) & 255}.${process.pid & 255}`;

/** A name server of the outside: knows one name, never answers another, and truncates a third by UDP. */
async function startUpstream(): Promise<{ port: number; close(): void }> {
  const reply = (message: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined => {
    const query = parseQuery(message)!;
    if (query.name === 'silent.example') return undefined;
    if (query.name === 'large.example' && transport === 'udp') return writeAnswer(query, 0, [{ type: 'address', address: Buffer.from([1, 2, 3, 4]) }], 20);
    const known = query.name === 'known.example' || query.name === 'large.example';
    return writeAnswer(query, known ? 0 : 3, known ? [{ type: 'address', address: Buffer.from([192, 0, 2, 1]) }] : []);
  };
  const tcp: Server = createServer((socket) => socket.once('data', (bytes) => {
    const answer = reply(bytes.subarray(2), 'tcp')!;
    socket.end(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
  }));
  const udp: Socket = createSocket('udp4', (message, from) => {
    const answer = reply(message, 'udp');
    if (answer !== undefined) udp.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(0, upstreamAddress, resolve));
  const { port } = udp.address();
  await new Promise<void>((resolve) => tcp.listen(port, upstreamAddress, resolve));
  return { port, close: () => { udp.close(); tcp.close(); } };
}

describe('names at 127.0.0.11', { skip: process.getuid?.() === 0 ? false : 'needs root' }, () => {
  let folder: string;
  let netns: string;
  let resolver: Resolver;
  let upstream: Awaited<ReturnType<typeof startUpstream>>;
  const networks = [{ id: 'n1', name: 'app' }];
  const sandbox = (upstreams: { address: string; port: number }[]) => ({ id: 's1', netns, view: { networks, upstreams } });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-dns-'));
    netns = join(folder, 'netns');
    createNetns(netns);
    spawnSync('nsenter', [`--net=${netns}`, 'ip', 'link', 'set', 'lo', 'up']);
    upstream = await startUpstream();
    resolver = createResolver({ runDirectory: folder, log: silentLog });
    await resolver.put({ network: 'n1', endpoint: 'e1', name: 'web', names: ['web', 'www'], addresses: ['172.18.0.2'] });
    await resolver.serve(sandbox([{ address: upstreamAddress, port: upstream.port }]));
  });
  after(async () => {
    await resolver.leave('s1');
    await resolver.close();
    upstream.close();
    removeNetns(netns);
    rmSync(folder, { recursive: true });
  });

  /** Asks from inside the namespace, as a program in a container does. */
  const ask = async (...names: string[]): Promise<string[]> => {
    const script = `
      const { Resolver } = require('node:dns').promises;
      const resolver = new Resolver({ timeout: 60_000, tries: 1 });
      resolver.setServers(['127.0.0.11']);
      Promise.all(${JSON.stringify(names)}.map((name) => (name.startsWith('ptr:') ? resolver.reverse(name.slice(4)) : resolver.resolve4(name)).then(String, (error) => error.code)))
        .then((answers) => console.log(JSON.stringify(answers)));`;
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const { execFile } = await import('node:child_process');
    execFile('nsenter', [`--net=${netns}`, process.execPath, '-e', script], (error, stdout) => (error === null ? resolve(JSON.parse(stdout)) : reject(error)));
    return promise;
  };

  test('local names, aliases and reverse names resolve', async () => {
    assert.deepEqual(await ask('web', 'WWW', 'web.app', 'ptr:172.18.0.2'), ['172.18.0.2', '172.18.0.2', '172.18.0.2', 'web.app']);
  });

  test('a question from port 0, as root in a container can send it, ends no resolver', async () => {
    const question = `struct.pack('!HHHHHH', 1, 0x100, 1, 0, 0, 0) + b'\\3web\\0' + struct.pack('!HH', 1, 1)`;
    const { status, stderr } = spawnSync('nsenter', [`--net=${netns}`, 'python3', '-c', `
import socket, struct
question = ${question}
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
s.sendto(struct.pack('!HHHH', 0, 53, 8 + len(question), 0) + question, ('127.0.0.11', 0))`], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.deepEqual(await ask('web'), ['172.18.0.2']);
    assert.doesNotMatch(readFileSync(join(folder, 'resolver.log'), 'utf8'), /ERR_SOCKET/);
  });

  test('other names are forwarded, by TCP too when the answer was cut', async () => {
    assert.deepEqual(await ask('known.example', 'large.example', 'unknown.example'), ['192.0.2.1', '192.0.2.1', 'ENOTFOUND']);
  });

  test('a server that is silent ends in a failure, not in silence', async () => {
    assert.deepEqual(await ask('silent.example'), ['ESERVFAIL']);
  });

  test('a silent first server does not hide a second one that answers', async () => {
    const silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
    await resolver.serve(sandbox([{ address: '127.0.0.1', port: silent.address().port }, { address: upstreamAddress, port: upstream.port }]));
    assert.deepEqual(await ask('known.example'), ['192.0.2.1']);
    silent.close();
  });

  test('without servers of the outside, only local names resolve', async () => {
    await resolver.serve(sandbox([]));
    assert.deepEqual(await ask('known.example', 'web'), ['ESERVFAIL', '172.18.0.2']);
  });

  test('names go on resolving while the daemon is away, and another daemon takes over', async () => {
    await resolver.close();
    assert.deepEqual(await ask('web'), ['172.18.0.2']);
    resolver = createResolver({ runDirectory: folder, log: silentLog });
    await resolver.restore({
      endpoints: [{ network: 'n1', endpoint: 'e2', name: 'db', names: ['db'], addresses: ['172.18.0.3'] }], sandboxes: [sandbox([])], relayed: [], descriptorOf: () => undefined,
    });
    assert.deepEqual(await ask('web', 'db'), ['ESERVFAIL', '172.18.0.3']);
  });
});
