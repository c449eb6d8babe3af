import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checked, libc } from '../../../src/host/ffi.ts';
import { parseQuery, writeAnswer } from '../../../src/network/dns/message.ts';
import { Engine } from '../../conformance/engine.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';

const CLONE_NEWNS = 0x20000;
const CLONE_NEWNET = 0x40000000;
const image = 'gantry/busybox:latest';

/** Knows every name: an address that ends in `last`. Notes what it was asked. */
async function nameServer(address: string, last: number): Promise<{ asked: string[]; socket: Socket }> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const query = parseQuery(message);
    if (query === undefined) return;
    asked.push(query.name);
    socket.send(writeAnswer(query, 0, query.type === 1 ? [{ type: 'address', address: Buffer.from([192, 0, 2, last]) }] : []), from.port, from.address);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  return { asked, socket };
}

describe('name servers of the host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-host-resolver-'));
  const file = join(folder, 'resolv.conf');
  let daemon: TestDaemon;
  let engine: Engine;
  let servers: Awaited<ReturnType<typeof nameServer>>[];

  before(async () => {
    // This process becomes a host of its own, with another /etc/resolv.conf.
    checked(libc.func('int unshare(int flags)')(CLONE_NEWNS | CLONE_NEWNET), 'unshare');
    writeFileSync(file, 'nameserver 127.0.0.53\n');
    for (const args of [['mount', '--make-rprivate', '/'], ['mount', '--bind', file, '/etc/resolv.conf'], ['ip', 'link', 'set', 'lo', 'up']]) {
      assert.equal(spawnSync(args[0]!, args.slice(1), { stdio: 'inherit' }).status, 0, args.join(' '));
    }
    servers = [await nameServer('127.0.0.53', 53), await nameServer('127.0.0.54', 54)];
    daemon = await startDaemon();
    engine = new Engine({ socketPath: daemon.socketPath, image, ours: true });
    await engine.expect('POST', '/images/create', { query: { fromImage: 'gantry/busybox', tag: 'latest' }, status: 200 });
    await engine.expect('POST', '/networks/create', { body: { Name: 'app' }, status: 201 });
    await engine.expect('POST', '/networks/create', { body: { Name: 'closed', Internal: true }, status: 201 });
  });
  after(async () => {
    await engine?.clean();
    await daemon?.stop();
    for (const { socket } of servers ?? []) socket.close();
    spawnSync('umount', ['/etc/resolv.conf']);
    rmSync(folder, { recursive: true, force: true });
  });

  const lookUp = async (network: string, name: string, hostConfig: object = {}) =>
    await engine.finished({ Cmd: ['nslookup', '-type=a', name], HostConfig: { NetworkMode: network, ...hostConfig } });

  test('at its loopback are asked for containers of a network of one\'s own, as the resolver asks from the host', async () => {
    assert.match((await lookUp('app', 'one.example')).stdout, /192\.0\.2\.53/);
  });

  test('are not asked for a container that has its own, nor for one on an internal network', async () => {
    assert.match((await lookUp('app', 'own.example', { Dns: ['127.0.0.54'] })).stdout, /192\.0\.2\.54/);
    assert.doesNotMatch((await lookUp('closed', 'secret.example')).stdout, /192\.0\.2/);
    for (const { asked } of servers) assert.ok(!asked.includes('secret.example'));
    assert.ok(!servers[0]!.asked.includes('own.example'));
  });

  test('that take the place of others are asked for containers that run already', async () => {
    const id = await engine.run({ Cmd: ['sh', '-c', 'until nslookup -type=a two.example | grep 192.0.2.54; do sleep 0.1; done; echo found'], HostConfig: { NetworkMode: 'app' } });
    writeFileSync(file, '# another network\nnameserver 127.0.0.54\n');
    await engine.logged(id, 'found');
  });

  test('that take the place of others are in the file of a container of the default bridge at its next start', async () => {
    writeFileSync(file, 'search one.example\nnameserver 192.0.2.1\n');
    const id = await engine.create({ Cmd: ['cat', '/etc/resolv.conf'] });
    const shown = async (): Promise<string> => {
      const before = (await engine.output(id)).stdout.length;
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
      await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
      return (await engine.output(id)).stdout.slice(before);
    };
    assert.match(await shown(), /^nameserver 192\.0\.2\.1\nsearch one\.example$/m);
    writeFileSync(file, 'search two.example\nnameserver 192.0.2.2\n');
    assert.match(await shown(), /^nameserver 192\.0\.2\.2\nsearch two\.example$/m);
  });
});
