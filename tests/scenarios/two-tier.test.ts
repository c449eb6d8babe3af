import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { checked, libc } from '../../src/host/ffi.ts';
import { createNetns, removeNetns, withNetns } from '../../src/host/namespaces.ts';
import { addAddress, addVeth, setLink } from '../../src/host/netlink/requests.ts';
import { RouteSocket } from '../../src/host/netlink/socket.ts';
import { debianRootfs, missingDebianRootfs } from '../support/debian-rootfs.ts';
import { Stage } from './stage.ts';
import { clientNames, type Client } from './client.ts';

const packages = ['nginx-light', 'libnginx-mod-stream', 'redis-server'];
const host = { ipv4: '198.51.100.1', ipv6: '2001:db8:1::1' };
const neighbour = { ipv4: '198.51.100.2', ipv6: '2001:db8:1::2' };

/** The web tier: a page of its own on port 80, and on port 7000 the database behind it, found by name for each connection. */
const nginxConfiguration = `
load_module modules/ngx_stream_module.so;
daemon off; user www-data; error_log stderr; pid /tmp/nginx.pid;
events {}
http { access_log off; server { listen 80; listen [::]:80; location / { return 200 "the web tier\\n"; } } }
stream { resolver 127.0.0.11 valid=1s; proxy_connect_timeout 1s; map $remote_addr $database { default db; } server { listen 7000; listen [::]:7000; proxy_pass $database:6379; } }
`;

const skip = process.getuid?.() === 0 ? missingDebianRootfs(packages) : 'needs root';

describe('a web server and a database on a network of their own', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-two-tier-'));
  const lan = join(folder, 'lan');
  let stage: Stage;
  let client: Client;

  before(async () => {
    const rootfs = debianRootfs(packages);
    // This process becomes a host of its own, with a neighbour on its LAN.
    checked(libc.func('int unshare(int flags)')(0x40000000), 'unshare');
    createNetns(lan);
    wireLan(lan);
    writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration);
    stage = await Stage.open();
    client = stage.client(clientNames[0]!);
    await client.ok('import', '-c', 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin', rootfs, 'two-tier:1');
    await client.ok('network', 'create', '--ipv6', '--subnet', '10.77.0.0/24', '--subnet', 'fd77::/64', 'app');
    await client.ok('volume', 'create', 'data');
    await startDatabase();
    await client.ok('run', '-d', '--name', 'web', '--network', 'app', '-p', '8080:80', '-p', '7000:7000', '-v', `${join(folder, 'nginx.conf')}:/etc/nginx/nginx.conf:ro`, 'two-tier:1', 'nginx');
    await eventually(() => page('127.0.0.1'), 'the web tier\n');
    await eventually(() => command(host.ipv4, 'PING'), '+PONG');
  });
  after(async () => {
    await client?.run(['rm', '-f', '-v', 'web', 'db']);
    await client?.run(['volume', 'rm', 'data']);
    await client?.run(['network', 'rm', 'app']);
    await stage?.[Symbol.asyncDispose]();
    removeNetns(lan);
    rmSync(folder, { recursive: true, force: true });
  });

  const startDatabase = (): Promise<string> => client.ok(
    'run', '-d', '--name', 'db', '--network', 'app', '-v', 'data:/data', 'two-tier:1',
    'redis-server', '--dir', '/data', '--appendonly', 'yes', '--appendfsync', 'always', '--bind', '*', '--protected-mode', 'no',
  );

  test('it is reached from the host at localhost and at its addresses, over both families', async () => {
    for (const address of ['127.0.0.1', '::1', host.ipv4, host.ipv6]) assert.equal(await page(address), 'the web tier\n', address);
  });

  test('it is reached from a neighbour on the LAN, over both families', async () => {
    for (const address of [host.ipv4, host.ipv6]) {
      assert.equal(await fromLan(lan, { address, port: 8080, request: String.raw`GET / HTTP/1.0\r\n\r\n`, wanted: 'the web tier' }), true, address);
      assert.equal(await fromLan(lan, { address, port: 7000, request: String.raw`PING\r\n`, wanted: '+PONG' }), true, address);
    }
  });

  test('without IPv6 on its network it is reached over both families all the same', async () => {
    await client.ok('network', 'create', 'four');
    await client.ok('run', '-d', '--name', 'four', '--network', 'four', '-p', '8084:80', '-v', `${join(folder, 'nginx.conf')}:/etc/nginx/nginx.conf:ro`, 'two-tier:1', 'nginx');
    for (const address of ['127.0.0.1', '::1', host.ipv4, host.ipv6]) await eventually(() => page(address, 8084), 'the web tier\n');
    for (const address of [host.ipv4, host.ipv6]) {
      assert.equal(await fromLan(lan, { address, port: 8084, request: String.raw`GET / HTTP/1.0\r\n\r\n`, wanted: 'the web tier' }), true, address);
    }
    await client.ok('rm', '-f', 'four');
    await client.ok('network', 'rm', 'four');
  });

  test('the database is found by name, also after it got another address', async () => {
    assert.equal(await command(host.ipv4, 'SET greeting hello'), '+OK');
    await client.ok('rm', '-f', 'db');
    await client.ok('run', '-d', '--name', 'squatter', '--network', 'app', 'two-tier:1', 'sleep', '1000');
    await startDatabase();
    await eventually(() => command(host.ipv4, 'PING'), '+PONG');
    await client.ok('rm', '-f', 'squatter');
  });

  test('what was written stays over removal and re-creation', async () => {
    assert.equal(await command(host.ipv4, 'INCR counter'), ':1');
    await client.ok('rm', '-f', 'db');
    await startDatabase();
    // A question that changes nothing: it may have to be asked again.
    await eventually(() => command(host.ipv4, 'EXISTS counter'), ':1');
  });

  test('no connection is lost when the daemon is killed under load', async () => {
    await command(host.ipv4, 'SET load 0');
    const lines = await Conversation.open(host.ipv4);
    let stop = false;
    const load = (async () => {
      let last = 0;
      while (!stop) {
        const answer = Number((await lines.ask('INCR load')).slice(1));
        assert.equal(answer, last + 1);
        last = answer;
      }
      return last;
    })();
    for (let times = 0; times < 3; times++) {
      await stage.daemon.crash();
      assert.equal(await page(host.ipv4), 'the web tier\n');
      await stage.daemon.start();
    }
    stop = true;
    assert.ok(await load > 0);
    lines.close();
    assert.equal(await command(host.ipv4, 'PING'), '+PONG');
  });
});

function wireLan(lan: string): void {
  using route = new RouteSocket();
  const netnsFd = openSync(lan, 'r');
  route.run(setLink('lo', { up: true }), addVeth({ name: 'lan0' }, { name: 'eth0', netnsFd }));
  closeSync(netnsFd);
  const { index } = route.link('lan0')!;
  route.run(setLink(index, { up: true }), addAddress(index, `${host.ipv4}/24`), addAddress(index, `${host.ipv6}/64`));
  withNetns(lan, () => {
    using there = new RouteSocket();
    const { index: linkIndex } = there.link('eth0')!;
    there.run(setLink('lo', { up: true }), setLink(linkIndex, { up: true }), addAddress(linkIndex, `${neighbour.ipv4}/24`), addAddress(linkIndex, `${neighbour.ipv6}/64`));
  });
}

async function page(address: string, port = 8080): Promise<string> {
  return await (await fetch(`http://${address.includes(':') ? `[${address}]` : address}:${port}/`, { signal: AbortSignal.timeout(30_000) })).text();
}

/** One inline command of redis on a connection of its own, and the first line of the answer. */
async function command(address: string, text: string): Promise<string> {
  const lines = await Conversation.open(address);
  try {
    return await lines.ask(text);
  } finally {
    lines.close();
  }
}

class Conversation {
  readonly #socket: Socket;
  #received = '';
  #isLost = false;
  #waiting: PromiseWithResolvers<string> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#received += text;
      const end = this.#received.indexOf('\r\n');
      if (end < 0) return;
      const line = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
      this.#waiting?.resolve(line);
    });
    const lost = (): void => {
      this.#isLost = true;
      this.#waiting?.reject(new Error('the connection was lost'));
    };
    socket.on('error', lost).on('close', lost);
  }

  static open(address: string): Promise<Conversation> {
    const { promise, resolve, reject } = Promise.withResolvers<Conversation>();
    const socket = connect({ host: address, port: 7000 }, () => resolve(new Conversation(socket)));
    socket.once('error', reject);
    return promise;
  }

  ask(text: string): Promise<string> {
    this.#waiting = Promise.withResolvers<string>();
    if (this.#isLost) this.#waiting.reject(new Error('the connection was lost before'));
    this.#socket.write(`${text}\r\n`);
    return this.#waiting.promise;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Whether a program on the neighbour gets an answer that holds `wanted`. */
async function fromLan(lan: string, question: { address: string; port: number; request: string; wanted: string }): Promise<boolean> {
  const { address, port, request, wanted } = question;
  const script = `
    const socket = require('net').connect(${port}, '${address}', () => socket.write("${request}"));
    let seen = ''; socket.on('data', (data) => { seen += data; if (seen.includes('${wanted}')) process.exit(0); });
    socket.on('error', () => process.exit(1)); socket.on('end', () => process.exit(1)); setTimeout(() => process.exit(1), 60_000);`;
  const child = withNetns(lan, () => spawn(process.execPath, ['-e', script], { stdio: 'ignore' }) as never) as ReturnType<typeof spawn>;
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
}

/** Servers take a moment to listen: asks until the answer is right. @throws the last failure */
async function eventually(ask: () => Promise<string>, wanted: string): Promise<void> {
  let last: unknown;
  for (let tries = 0; tries < 1200; tries++) {
    try {
      last = await ask();
      if (last === wanted) return;
    } catch (error) {
      last = error;
    }
    await delay(50);
  }
  throw new Error(`never got ${JSON.stringify(wanted)}`, { cause: last });
}
