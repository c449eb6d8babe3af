import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { closeSync, openSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { openBound } from '../../../src/host/internet-sockets.ts';
import { readSysctl, writeSysctl } from '../../../src/host/sysctl.ts';
import { withNetns } from '../../../src/host/namespaces.ts';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { bridgeName, shardKey, shardKeyOf } from '../../../src/network/bridge/names.ts';
import { makeRoomForNeighbours } from '../../../src/network/bridge/neighbours.ts';
import type { BridgeNetwork, Endpoint } from '../../../src/network/network.ts';
import { silentLog } from '../../../src/base/log.ts';
import { Stage } from './stage.ts';

const instance = `s${process.pid}`;
const count = 1100;
const network = (name: string, octet: number, icc: boolean): BridgeNetwork => ({
  id: name, bridge: bridgeName(instance, name), ipv4: { subnet: `172.${octet}.0.0/16`, gateway: `172.${octet}.0.1` }, internal: false, masquerade: true, icc, mtu: 1500,
});
const address = (octet: number, number: number): string => `172.${octet}.${1 + (number >> 8)}.${number & 255}`;

describe('a network with more containers than a bridge has ports', () => {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const open = network('open', 28, true);
  // The limits of the whole machine, which a stage cannot see from its own namespace.
  const limits = ['net/core/netdev_max_backlog', ...[1, 2, 3].flatMap((level) => ['ipv4', 'ipv6'].map((family) => `net/${family}/neigh/default/gc_thresh${level}`))]
    .map((path) => ({ path, value: readSysctl(path) }));
  makeRoomForNeighbours(count, silentLog);
  const stage = new Stage(instance, { brNetfilter: false });
  const paths: string[] = [];
  const endpoints: Endpoint[] = [];

  before(async () => {
    await stage.backend.prepare({ networks: [open], endpoints: [], sandboxes: [] });
    for (let number = 0; number < count; number++) {
      const { sandbox, endpoint } = await stage.container(`c${number}`, open, { ipv4: `${address(28, number)}/16`, macAddress: `02:42:ac:1c:${hex(1 + (number >> 8))}:${hex(number & 255)}` });
      paths.push(sandbox.path);
      endpoints.push(endpoint);
    }
  });
  after(async () => {
    await stage.backend.dismantle();
    await stage.strike();
    withNetns(`/proc/self/fd/${home}`, () => {
      for (const { path, value } of limits) if (value !== undefined) writeSysctl(path, value);
    });
    closeSync(home);
  });

  const shardLinks = (): string[] => stage.links().filter((link) => shardKeyOf(link) === shardKey(open.bridge));

  it('gets a further bridge, joined to the first', () => assert.deepEqual(shardLinks().map((link) => link.slice(0, 3)), ['gb-', 'gt-', 'gu-']));

  const [first, last] = [0, count - 1];
  it('containers on different bridges reach each other, and the host reaches both', async () => {
    for (const number of [first, last]) await stage.serve(paths[number], 80, `c${number}`);
    for (const [from, to] of [[first, last], [last, first], [last - 1, last], [1, first], [500, last], [last, 500]] as const) {
      if (to === 500) await stage.serve(paths[to], 80, `c${to}`);
      assert.equal(stage.ask(paths[from], address(28, to), 80), `c${to} saw ${address(28, from)}`);
    }
    assert.equal(stage.ask(undefined, address(28, last), 80), `c${last} saw 172.28.0.1`);
  });

  // Each pair costs a broadcast to all, and two entries in neighbour tables: of the 1.2 million, these are spread over all containers and all pairs of bridges.
  it('every container reaches another and is reached by another', async () => {
    const party = Party.open(paths, (number) => address(28, number));
    try {
      await party.meet((from) => (from + (from % 2 === 0 ? 2 : count / 2)) % count);
    } finally {
      party.close();
    }
  });

  it('a new daemon keeps all of it, and removing the network removes the further bridges', async () => {
    const next = stage.newBackend();
    await next.prepare({ networks: [open], endpoints, sandboxes: endpoints.map((_, number) => `c${number}`) });
    await next.settle();
    assert.equal(shardLinks().length, 3);
    assert.equal(stage.ask(paths[last], address(28, first), 80), `c${first} saw ${address(28, last)}`);
    await next.removeNetwork(open);
    assert.deepEqual(shardLinks(), []);
    using route = new RouteSocket();
    assert.equal(route.link(open.bridge), undefined);
    await next.close();
  });
});

/** So many get to know each other at once: each pair is a broadcast to all, and a slow machine would do nothing else. */
const atOnce = 32;
const patienceMs = 120_000;

/** A UDP socket in each namespace, all served from here. */
class Party {
  readonly #sockets: Socket[];
  readonly #port: number;
  readonly #address: (number: number) => string;
  #arrived: (pair: string) => void = () => undefined;

  private constructor(sockets: Socket[], port: number, addressOf: (number: number) => string) {
    this.#sockets = sockets;
    this.#port = port;
    this.#address = addressOf;
    sockets.forEach((socket, number) => socket.on('message', (_, { address: from }) => this.#arrived(`${from} ${addressOf(number)}`)));
  }

  static open(namespaces: readonly string[], addressOf: (number: number) => string): Party {
    const port = 7;
    const sockets = namespaces.map((path) => withNetns(path, () => {
      const socket = createSocket('udp4');
      socket.bind({ fd: openBound('udp', '0.0.0.0', port).fd });
      return socket;
    }));
    return new Party(sockets, port, addressOf);
  }

  /** Everybody sends to one; what is lost while neighbours get to know each other is sent again. */
  async meet(whom: (from: number) => number): Promise<void> {
    const waiting = this.#sockets.keys().map((from) => ({ from, to: whom(from) }));
    const open = new Map<string, { from: number; to: number }>();
    const over = Promise.withResolvers<void>();
    const send = ({ from, to }: { from: number; to: number }): void => this.#sockets[from]!.send('hello', this.#port, this.#address(to), () => undefined);
    const next = (): void => {
      const { value: pair } = waiting.next();
      if (pair !== undefined) {
        open.set(`${this.#address(pair.from)} ${this.#address(pair.to)}`, pair);
        send(pair);
      } else if (open.size === 0) over.resolve();
    };
    const silence = setTimeout(() => over.reject(new Error(`never arrived: ${[...open.keys()].slice(0, 10).join(', ')}`)), patienceMs);
    this.#arrived = (pair) => {
      if (!open.delete(pair)) return;
      silence.refresh();
      next();
    };
    for (let number = 0; number < atOnce; number++) next();
    const again = setInterval(() => open.forEach(send), 500);
    await over.promise.finally(() => {
      clearInterval(again);
      clearTimeout(silence);
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
