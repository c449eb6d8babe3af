import { GantryError } from '../../base/errors.ts';
import { socketText } from '../../base/socket-text.ts';
import type { PublishedPort } from '../network.ts';
import type { PortRequest } from './port-request.ts';
import { isRelayed } from '../relay/relayed-port.ts';
import type { HostPort, Reservation } from './reserve.ts';

export interface PortAllocatorOptions {
  /** First and last ephemeral port, `net.ipv4.ip_local_port_range`, and the one that is given first. */
  ephemeral: { from: number; to: number; first?: number };
  /** Takes the port from the host's other programs. */
  reserve: (port: HostPort) => Reservation;
  /** Whether another engine's rules lead it to a container: nobody may hold it, and packets would never come here. */
  isLedElsewhere?: (port: HostPort) => boolean;
  /** Families of the host's addresses that lead to a container also when it has no address of that family. */
  relayed: Families;
}

export interface Families { ipv4: boolean; ipv6: boolean }

/** How a container is reached. */
export interface Reach {
  /** Families of its addresses. */
  families: Families;
  /** Those of them in which nothing is translated: its ports are opened as they are, and take none of the host's. */
  routed?: Families;
  /** An address of it, for what is said of a refusal. */
  container?: string;
}

/** Which host ports the containers of this instance have. In memory: the records of containers hold them, and `claim` restores. */
export class PortAllocator {
  readonly #options: PortAllocatorOptions;
  /** What holds each host address, by `tcp/8080`. */
  readonly #taken = new Map<string, Map<string, Reservation>>();
  #lastEphemeral: number;

  constructor(options: PortAllocatorOptions) {
    this.#options = options;
    const { from, first = from } = options.ephemeral;
    this.#lastEphemeral = first - 1;
  }

  /** Takes ports that a container has already: nobody can refuse them any more. */
  claim(ports: readonly PublishedPort[]): void {
    for (const port of ports.filter(isOfHost)) if (this.#taken.get(keyOf(port))?.has(port.hostIp) !== true) this.#keep(port, this.#options.reserve(port));
  }

  /** The socket that holds a port of a container; undefined where somebody else does, or nobody can. */
  descriptorOf(port: HostPort): number | undefined {
    const held = this.#taken.get(keyOf(port))?.get(port.hostIp);
    if (held === undefined) return undefined;
    const reservation = 'refused' in held ? this.#options.reserve(port) : held;
    this.#keep(port, reservation);
    return 'refused' in reservation ? undefined : reservation.descriptor;
  }

  release(ports: readonly PublishedPort[]): void {
    for (const port of ports.filter(isOfHost)) {
      const key = keyOf(port);
      const addresses = this.#taken.get(key);
      const reservation = addresses?.get(port.hostIp);
      if (reservation !== undefined && 'release' in reservation) reservation.release();
      addresses?.delete(port.hostIp);
      if (addresses?.size === 0) this.#taken.delete(key);
    }
  }

  #keep(port: HostPort, reservation: Reservation): void {
    const key = keyOf(port);
    this.#taken.set(key, (this.#taken.get(key) ?? new Map<string, Reservation>()).set(port.hostIp, reservation));
  }

  /**
   * A port for each request, or none at all. A request without a host address gets one port on every family that leads to the container.
   * @throws GantryError internal with Docker's sentences when a port is taken here or by another program of the host
   */
  allocate(requests: readonly PortRequest[], { families, routed = { ipv4: false, ipv6: false }, container = '' }: Reach): PublishedPort[] {
    const given: PublishedPort[] = [];
    try {
      for (const request of requests) {
        const hostIps = hostAddresses(request, { families, relayed: this.#options.relayed });
        const isOpened = (hostIp: string): boolean => (hostIp.includes(':') ? routed.ipv6 : routed.ipv4);
        const held = hostIps.filter((hostIp) => !isOpened(hostIp));
        const ports = held.length > 0 ? this.#choose(request, { hostIps: held, container }) : [];
        for (const hostIp of hostIps) {
          if (isOpened(hostIp)) open(given, { protocol: request.protocol, containerPort: request.containerPort, hostIp: hostIp.includes(':') ? '::' : '0.0.0.0', hostPort: 0 });
          else given.push(...ports.filter((port) => port.hostIp === hostIp));
        }
      }
    } catch (error) {
      this.release(given);
      throw error;
    }
    return given;
  }

  #choose(request: PortRequest, { hostIps, container }: { hostIps: string[]; container: string }): PublishedPort[] {
    let refusal: GantryError | undefined;
    for (const hostPort of this.#candidates(request)) {
      const ports = hostIps.map((hostIp) => ({ protocol: request.protocol, containerPort: request.containerPort, hostIp, hostPort }));
      const refused = this.#take(ports, container);
      if (refused === undefined) {
        if (request.range === undefined) this.#lastEphemeral = hostPort;
        return ports;
      }
      refusal ??= refused;
    }
    if (request.range === undefined) throw new GantryError('exhausted', 'all ports are allocated');
    throw refusal ?? new GantryError('exhausted', 'all ports are allocated');
  }

  *#candidates({ range }: PortRequest): Generator<number> {
    if (range !== undefined) {
      for (let port = range.from; port <= range.to; port++) yield port;
      return;
    }
    const { from, to } = this.#options.ephemeral;
    const count = to - from + 1;
    for (let step = 1; step <= count; step++) yield from + ((this.#lastEphemeral - from + step) % count);
  }

  /** All of them, or none and why. */
  #take(ports: readonly PublishedPort[], container: string): GantryError | undefined {
    const taken: PublishedPort[] = [];
    for (const port of ports) {
      const refused = this.#takeOne(port, container);
      if (refused !== undefined) {
        this.release(taken);
        return refused;
      }
      taken.push(port);
    }
    return undefined;
  }

  #takeOne(port: PublishedPort, container: string): GantryError | undefined {
    const holder = [...this.#taken.get(keyOf(port))?.keys() ?? []].find((other) => addressesMeet(other, port.hostIp)) ?? (this.#options.isLedElsewhere?.(port) === true ? port.hostIp : undefined);
    // Docker names the address that has it.
    if (holder !== undefined) return new GantryError('internal', `Bind for ${holder}:${port.hostPort} failed: port is already allocated`);
    const reservation = this.#options.reserve(port);
    if ('refused' in reservation) {
      const from = socketText(port.hostIp, port.hostPort);
      return new GantryError('internal', `failed to bind host port for ${from}:${socketText(container, port.containerPort)}/${port.protocol}: ${reasons[reservation.refused] ?? reservation.refused}`);
    }
    this.#keep(port, reservation);
    return undefined;
  }
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

function hostAddresses({ hostIp, protocol }: PortRequest, { families, relayed }: { families: Families; relayed: Families }): string[] {
  if (hostIp !== '') return [hostIp];
  const leads = (family: keyof Families): boolean => families[family] || (relayed[family] && isRelayed(protocol));
  return [...(leads('ipv4') ? ['0.0.0.0'] : []), ...(leads('ipv6') ? ['::'] : [])];
}

/** Once, however often it is asked for. */
function open(given: PublishedPort[], port: PublishedPort): void {
  const same = given.some((other) => !isOfHost(other) && other.protocol === port.protocol && other.containerPort === port.containerPort && other.hostIp === port.hostIp);
  if (!same) given.push(port);
}

function isOfHost({ hostPort }: PublishedPort): boolean {
  return hostPort !== 0;
}

function keyOf(port: HostPort): string {
  return `${port.protocol}/${port.hostPort}`;
}

/** The wildcard of a family meets every address of it. */
function addressesMeet(one: string, other: string): boolean {
  if (one.includes(':') !== other.includes(':')) return false;
  const any = (address: string): boolean => address === '0.0.0.0' || address === '::';
  return one === other || any(one) || any(other);
}
