import { closeSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import { boundAddress } from '../../host/internet-sockets.ts';
import { descriptorOfPidfd, openPidfd } from '../../host/pidfd.ts';
import { addressBytes } from '../../host/netlink/wire-address.ts';
import type { HeldPort } from '../dns/protocol.ts';
import { relayKey, type RelayedPort } from './relayed-port.ts';
import { TcpRelay } from './tcp-relay.ts';
import { UdpRelay } from './udp-relay.ts';

interface Open { port: RelayedPort; relay: TcpRelay | UdpRelay }

/**
 * The published ports that this process passes on. Their sockets come from the daemon, which holds the ports, and stay open here while it is away. A
 * port that is passed on already keeps its socket and its connections.
 */
export class Relays {
  readonly #open = new Map<string, Open>();

  get size(): number {
    return this.#open.size;
  }

  /** @param pid whose the descriptors are @throws Error that names the ports which could not be opened; the others are */
  open(ports: readonly HeldPort[], pid: number): void {
    const wanted = ports.filter((port) => !this.#leadsThere(port));
    if (wanted.length === 0) return;
    this.close(wanted);
    const pidfd = openPidfd(pid);
    if (pidfd === undefined) throw new Error(`the process ${pid} is gone`);
    const failures: string[] = [];
    try {
      for (const port of wanted) {
        try {
          this.#open.set(relayKey(port), { port, relay: relayOf(port, takeSocket(port, pidfd)) });
        } catch (error) {
          failures.push(`${relayKey(port)}: ${messageOf(error)}`);
        }
      }
    } finally {
      closeSync(pidfd);
    }
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  close(ports: readonly RelayedPort[]): void {
    for (const port of ports) {
      this.#open.get(relayKey(port))?.relay.close();
      this.#open.delete(relayKey(port));
    }
  }

  /** These and no others. */
  replace(ports: readonly HeldPort[], pid: number): void {
    const wanted = new Set(ports.map(relayKey));
    this.close([...this.#open].filter(([key]) => !wanted.has(key)).map(([, { port }]) => port));
    this.open(ports, pid);
  }

  #leadsThere(port: RelayedPort): boolean {
    const there = this.#open.get(relayKey(port))?.port;
    return there?.address === port.address && there.port === port.port;
  }
}

function relayOf(port: RelayedPort, descriptor: number): TcpRelay | UdpRelay {
  return port.protocol === 'tcp' ? new TcpRelay(descriptor, port) : new UdpRelay(descriptor, port);
}

/** The number may mean another socket by now: what is bound elsewhere is not taken. */
function takeSocket(port: HeldPort, pidfd: number): number {
  if (port.descriptor === undefined) throw new Error('somebody else holds the port');
  const socket = descriptorOfPidfd(pidfd, port.descriptor);
  try {
    const bound = boundAddress(socket);
    if (bound.port !== port.hostPort || !addressBytes(bound.address).equals(addressBytes(port.hostIp))) throw new Error(`its socket is bound to ${bound.address} port ${bound.port}`);
    return socket;
  } catch (error) {
    closeSync(socket);
    throw error;
  }
}
