import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { silentLog, type Log } from '../../../src/base/log.ts';
import { libc, checked } from '../../../src/host/ffi.ts';
import { createNetns, removeNetns, withNetns } from '../../../src/host/namespaces.ts';
import { addAddress, addRoute, addVeth, setLink } from '../../../src/host/netlink/requests.ts';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { writeSysctl } from '../../../src/host/sysctl.ts';
import { createNetworkBackend, type NetworkBackendOptions } from '../../../src/network/create-network-backend.ts';
import type { BridgeNetwork, Endpoint, NetworkBackend, Sandbox } from '../../../src/network/network.ts';

/** The host's address on the LAN, and a neighbour's. */
export const hostOnLan = { ipv4: '198.51.100.1', ipv6: '2001:db8:1::1' };
export const neighbour = { ipv4: '198.51.100.2', ipv6: '2001:db8:1::2' };

const server = `
const [port, name] = process.argv.slice(1);
const net = require('net');
const tcp = net.createServer((socket) => { socket.on('error', () => {}); socket.end(name + ' saw ' + socket.remoteAddress.replace('::ffff:', '')); });
const udp = require('dgram').createSocket('udp6');
udp.on('message', (m, from) => udp.send(name + ' saw ' + from.address.replace('::ffff:', ''), from.port, from.address));
udp.bind(Number(port), () => tcp.listen(Number(port), '::', () => console.log('ready')));`;

const client = `
const [protocol, host, port, ownPort, patienceMs] = process.argv.slice(1);
const done = (text) => { console.log(text); process.exit(0); };
setTimeout(() => done('silence'), Number(patienceMs));
if (protocol === 'tcp') {
  const socket = require('net').connect(Number(port), host);
  socket.on('data', (data) => done(String(data))).on('error', (error) => done(error.code)).on('end', () => done('ended'));
} else {
  const socket = require('dgram').createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', ipv6Only: protocol === 'udp-ipv6-only' });
  socket.on('message', (data) => done(String(data))).on('error', (error) => done(error.code));
  if (ownPort !== '' || protocol === 'udp-ipv6-only') socket.bind(Number(ownPort));
  if (protocol === 'udp') socket.send('hello', Number(port), host);
  else socket.connect(Number(port), host, () => socket.send('hello'));
}`;

const persistent = `
const [host, port, patienceMs] = process.argv.slice(1);
const socket = require('dgram').createSocket('udp4');
const ask = () => socket.send('hello', Number(port), host, () => { console.log('sent'); });
socket.on('message', (data) => { console.log(String(data)); process.exit(0); }).bind(() => { ask(); setInterval(ask, 50); });
setTimeout(() => process.exit(0), Number(patienceMs));`;

/** Nobody tells of a packet that is dropped: this long without an answer is silence, and as long as a slow machine takes is none. */
const silenceMs = 600;
const answerMs = 60_000;

export type Protocol = 'tcp' | 'udp' | /** connect(2), then send(2) */ 'udp-connected' | /** the same with IPV6_V6ONLY */ 'udp-ipv6-only';

/** A machine of its own: this process moves into a new network namespace, which plays the host, with a neighbour on a LAN. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'gantry-network-'));
  readonly backend: NetworkBackend;
  readonly #processes: ChildProcess[] = [];
  readonly #instanceId: string;

  /** @param brNetfilter whether the kernel translates packets while it bridges them, as it does on a machine with Docker */
  constructor(instanceId: string, options: { brNetfilter: boolean } & Pick<NetworkBackendOptions, 'portLimits'>) {
    this.#instanceId = instanceId;
    checked(libc.func('int unshare(int flags)')(0x40000000), 'unshare');
    this.translateBridged(options.brNetfilter);
    createNetns(this.lan);
    this.#wireLan();
    this.backend = this.newBackend(silentLog, options.portLimits && { portLimits: options.portLimits });
  }

  /** Turns br_netfilter on or off. */
  translateBridged(on: boolean): void {
    for (const family of ['iptables', 'ip6tables']) writeSysctl(`net/bridge/bridge-nf-call-${family}`, on ? '1' : '0');
  }

  get lan(): string {
    return join(this.directory, 'lan');
  }

  /** Several can be there at once, so none looks after the ruleset unless it is told to. */
  newBackend(log: Log = silentLog, more: Partial<NetworkBackendOptions> = {}): NetworkBackend {
    return createNetworkBackend({ instanceId: this.#instanceId, runDirectory: this.directory, log, poolSize: 2, repairMs: 3_600_000, ...more });
  }

  async container(id: string, network: BridgeNetwork, more: Partial<Endpoint>): Promise<{ sandbox: Sandbox; endpoint: Endpoint }> {
    const sandbox = await this.backend.createSandbox(id, { wired: true });
    const endpoint: Endpoint = {
      id: `endpoint-${id}`, network, interface: 'eth0', macAddress: `02:42:00:00:00:${Buffer.from(id).toString('hex').slice(-2)}`, defaultRoute: true, ports: [], ...more,
    };
    await this.backend.attach(sandbox, endpoint);
    return { sandbox, endpoint };
  }

  /** Answers on TCP and UDP with its name and the address it was asked from. */
  async serve(netns: string | undefined, port: number, name: string): Promise<void> {
    const child = this.#inside(netns, () => spawn(process.execPath, ['-e', server, String(port), name], { stdio: ['ignore', 'pipe', 'inherit'] }));
    this.#processes.push(child);
    await new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve);
      child.once('exit', reject);
    });
  }

  /** @param ownPort of the client, for UDP @returns the answer that somebody gives, or an errno; `silence` only after a minute */
  ask(netns: string | undefined, host: string, port: number, protocol: Protocol = 'tcp', ownPort = ''): string {
    return this.#answer(netns, [protocol, host, String(port), ownPort, String(answerMs)]);
  }

  /** The same where no answer is expected: `silence` when packets are dropped. */
  askInVain(netns: string | undefined, host: string, port: number, protocol: Protocol = 'tcp', ownPort = ''): string {
    return this.#answer(netns, [protocol, host, String(port), ownPort, String(silenceMs)]);
  }

  #answer(netns: string | undefined, args: string[]): string {
    return this.#inside(netns, () => spawnSync(process.execPath, ['-e', client, ...args], { encoding: 'utf8' })).stdout.trim();
  }

  /** Asks while this process goes on, and waits for the answer for as long as a slow machine takes. */
  async askMeanwhile(netns: string | undefined, host: string, port: number, protocol: Protocol = 'tcp'): Promise<string> {
    const child = this.#inside(netns, () => spawn(process.execPath, ['-e', client, protocol, host, String(port), '', String(answerMs)], { stdio: ['ignore', 'pipe', 'inherit'] }));
    this.#processes.push(child);
    let answer = '';
    for await (const chunk of child.stdout!) answer += String(chunk);
    return answer.trim();
  }

  /** Sends to a UDP port from one socket, again and again; `sent` after the first time, `answer` when somebody answered. */
  keepAsking(netns: string, host: string, port: number): { sent: Promise<void>; answer: Promise<string> } {
    const child = this.#inside(netns, () => spawn(process.execPath, ['-e', persistent, host, String(port), String(answerMs)], { stdio: ['ignore', 'pipe', 'inherit'] }));
    this.#processes.push(child);
    const lines = createInterface({ input: child.stdout! });
    const sent = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    lines.on('line', (line) => (line === 'sent' ? sent.resolve() : answer.resolve(line)));
    child.once('exit', () => answer.resolve('silence'));
    return { sent: sent.promise, answer: answer.promise };
  }

  links(): string[] {
    using route = new RouteSocket();
    return route.links().map((link) => link.name).toSorted();
  }

  async strike(): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    // The last backend of the instance may be another one, or this one closed. What is not in the stage's namespace goes too.
    const last = this.newBackend();
    await last.dismantle();
    await last.close();
    await this.backend.close();
    removeNetns(this.lan);
    rmSync(this.directory, { recursive: true, force: true });
  }

  #inside<T>(netns: string | undefined, act: () => T): T {
    return netns === undefined ? act() : (withNetns(netns, act as () => never) as T);
  }

  #wireLan(): void {
    using route = new RouteSocket();
    const netnsFd = openSync(this.lan, 'r');
    route.run(setLink('lo', { up: true }), addVeth({ name: 'lan0' }, { name: 'eth0', netnsFd }));
    closeSync(netnsFd);
    writeSysctl('net/ipv6/conf/lan0/accept_dad', '0');
    const { index } = route.link('lan0')!;
    route.run(setLink(index, { up: true }), addAddress(index, `${hostOnLan.ipv4}/24`), addAddress(index, `${hostOnLan.ipv6}/64`));
    withNetns(this.lan, () => {
      using there = new RouteSocket();
      writeSysctl('net/ipv6/conf/eth0/accept_dad', '0');
      const { index: linkIndex } = there.link('eth0')!;
      there.run(
        setLink('lo', { up: true }), setLink(linkIndex, { up: true }), addAddress(linkIndex, `${neighbour.ipv4}/24`), addAddress(linkIndex, `${neighbour.ipv6}/64`),
        // A neighbour that tries to reach containers, and the host's loopback, directly.
        addRoute({ destination: '172.16.0.0/12', gateway: hostOnLan.ipv4, linkIndex }),
        addRoute({ destination: 'fd00::/8', gateway: hostOnLan.ipv6, linkIndex }),
      );
    });
  }
}
