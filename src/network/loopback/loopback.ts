import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { attachConnect6, attachedConnect6, createMap, deleteElement, detachConnect6, loadConnect6, setElement } from '../../host/bpf.ts';
import { cgroupMounts } from '../../host/cgroups.ts';
import { namespaceCookie } from '../../host/internet-sockets.ts';
import { addressBytes } from '../../host/netlink/wire-address.ts';
import { readSysctl } from '../../host/sysctl.ts';
import type { Endpoint, PublishedPort } from '../network.ts';
import { keyOf, keySize, redirectProgram, valueOf, valueSize } from './program.ts';

const maxPorts = 3 * 65536;

/**
 * Published ports at [::1], for containers with IPv6 or without. No translation of packets can do this: none leads from IPv6 to IPv4, and one back to
 * ::1 is lost where packets are translated while they are bridged (br_netfilter). So the kernel changes the address at connect(2), for processes of the
 * host's own network namespace, by a program on the root of the cgroups. It outlives the daemon; the next one puts its own in its place.
 * A host without cgroup 2 or bpf(2) has no such ports: `available` is false.
 */
export class Loopback {
  readonly #name: string;
  readonly #log: Log;
  readonly #cgroup = cgroupMounts().find(({ version }) => version === 2)?.mountPoint;
  #available: boolean | undefined;
  #map: number | undefined;
  #program: number | undefined;
  #attached = false;

  constructor(instanceId: string, log: Log) {
    this.#name = hookName(instanceId);
    this.#log = log;
  }

  /** Whether published ports are reachable at ::1; asked once. */
  get available(): boolean {
    return (this.#available ??= this.#load());
  }

  /** What there is at the start of a daemon, as one swap. */
  replace(endpoints: readonly Endpoint[]): void {
    if (!this.available) return;
    for (const endpoint of endpoints) this.#set(endpoint);
    if (endpoints.some((endpoint) => endpoint.ports.some(isAtLoopback))) this.#attach();
    else this.#detach();
  }

  publish(endpoint: Endpoint): void {
    if (!this.available || !endpoint.ports.some(isAtLoopback)) return;
    this.#set(endpoint);
    if (!this.#attached) this.#attach();
  }

  unpublish(endpoint: Endpoint): void {
    if (this.#map === undefined) return;
    for (const { protocol, hostPort } of endpoint.ports.filter(isAtLoopback)) deleteElement(this.#map, keyOf(protocol, hostPort));
  }

  /** The program and its ports. */
  remove(): void {
    if (this.available) this.#detach();
  }

  /** Lets the kernel go on with it. */
  close(): void {
    for (const fd of [this.#map, this.#program]) if (fd !== undefined) closeSync(fd);
    this.#map = this.#program = undefined;
    this.#available = this.#attached = false;
  }

  #load(): boolean {
    if (this.#cgroup === undefined || readSysctl('net/ipv6/conf/lo/disable_ipv6') !== '0') return false;
    try {
      this.#map = createMap({ name: this.#name, keySize, valueSize, maxEntries: maxPorts });
      this.#program = loadRedirect(this.#name, this.#map);
      return true;
    } catch (error) {
      this.#log.info('published ports are not reachable at [::1], only at 127.0.0.1: this host has no bpf(2) for it', { error: messageOf(error) });
      return false;
    }
  }

  #set(endpoint: Endpoint): void {
    const address = endpoint.ipv6 ?? endpoint.ipv4;
    if (this.#map === undefined || address === undefined) return;
    const bytes = addressBytes(address.split('/')[0] ?? '');
    for (const { protocol, hostPort, containerPort } of endpoint.ports.filter(isAtLoopback)) setElement(this.#map, keyOf(protocol, hostPort), valueOf(bytes, containerPort));
  }

  #attach(): void {
    if (this.#cgroup === undefined || this.#program === undefined) return;
    const before = attachedConnect6(this.#cgroup, this.#name);
    try {
      attachConnect6(this.#cgroup, this.#program, before);
      this.#attached = true;
    } catch (error) {
      this.#log.warn('published ports are not reachable at [::1]: another program has the hook on connect(2)', { error: messageOf(error) });
    } finally {
      if (before !== undefined) closeSync(before);
    }
  }

  #detach(): void {
    const program = this.#cgroup === undefined ? undefined : attachedConnect6(this.#cgroup, this.#name);
    this.#attached = false;
    if (this.#cgroup === undefined || program === undefined) return;
    detachConnect6(this.#cgroup, program);
    closeSync(program);
  }
}

function loadRedirect(name: string, map: number): number {
  const load = (sparing: boolean): number => loadConnect6(name, redirectProgram(namespaceCookie(), map, { sparing }));
  try {
    return load(true);
  } catch {
    return load(false);
  }
}

/** What the kernel calls the program and the map of an instance: 15 bytes at most. */
export function hookName(instanceId: string): string {
  return `gantry_${createHash('sha256').update(instanceId).digest('hex').slice(0, 8)}`;
}

function isAtLoopback({ hostIp, hostPort }: PublishedPort): boolean {
  return hostPort !== 0 && (hostIp === '::' || hostIp === '::1');
}
