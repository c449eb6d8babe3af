import { isIPv4, isIPv6 } from 'node:net';
import { recordType, type Answer } from './message.ts';

/** One container on one network: the names it answers to there, and its addresses. */
export interface NamedEndpoint {
  network: string;
  endpoint: string;
  /** The container's name: what a reverse lookup tells. */
  name: string;
  /** All names that resolve, the container's own, aliases and short id. */
  names: string[];
  addresses: string[];
}

/** Which networks a container sees, in the order they are asked. */
export interface View {
  networks: {
    id: string;
    name: string;
    /** Names that only this container knows others by, in lower case: the container's link, and whom it means. */
    links?: Record<string, string>;
  }[];
}

export type Lookup =
  /** The name is ours; there may be no record of the type that was asked. */
  | { known: true; answers: Answer[] }
  | { known: false };

/**
 * All names of all networks. Adding or removing an endpoint costs what that endpoint has, not what the network has.
 * Names are compared without case, and `name.network` means the name on that network.
 */
export class Names {
  readonly #networks = new Map<string, NetworkNames>();

  put(endpoint: NamedEndpoint): void {
    this.drop(endpoint.network, endpoint.endpoint);
    let network = this.#networks.get(endpoint.network);
    if (network === undefined) this.#networks.set(endpoint.network, (network = new NetworkNames()));
    network.put(endpoint);
  }

  drop(networkId: string, endpointId: string): void {
    const network = this.#networks.get(networkId);
    if (network === undefined) return;
    network.drop(endpointId);
    if (network.size === 0) this.#networks.delete(networkId);
  }

  clear(): void {
    this.#networks.clear();
  }

  lookup(view: View, name: string, type: number): Lookup {
    if (type === recordType.ptr) return this.#reverse(view, name);
    const found = view.networks.flatMap((seen) => {
      const network = this.#networks.get(seen.id);
      const suffix = `.${seen.name.toLowerCase()}`;
      const linked = seen.links !== undefined && Object.hasOwn(seen.links, name) ? seen.links[name] : undefined;
      if (linked !== undefined) return [...(network?.named(linked) ?? [])];
      return [...(network?.named(name) ?? []), ...(name.endsWith(suffix) ? network?.named(name.slice(0, -suffix.length)) ?? [] : [])];
    });
    if (found.length === 0) return { known: false };
    const wanted = type === recordType.a ? isIPv4 : type === recordType.aaaa ? isIPv6 : () => type === recordType.any;
    const addresses = [...new Set(found.flatMap((endpoint) => endpoint.addresses))].filter((address) => wanted(address));
    return { known: true, answers: rotated(addresses).map((address) => ({ type: 'address', address: addressBytes(address) })) };
  }

  #reverse(view: View, name: string): Lookup {
    const address = addressOfReverseName(name);
    if (address === undefined) return { known: false };
    for (const seen of view.networks) {
      const endpoint = this.#networks.get(seen.id)?.at(address);
      if (endpoint !== undefined) return { known: true, answers: [{ type: 'pointer', name: `${endpoint.name}.${seen.name}` }] };
    }
    return { known: false };
  }
}

class NetworkNames {
  readonly #endpoints = new Map<string, NamedEndpoint>();
  readonly #byName = new Map<string, Set<NamedEndpoint>>();
  readonly #byAddress = new Map<string, NamedEndpoint>();

  get size(): number {
    return this.#endpoints.size;
  }

  put(endpoint: NamedEndpoint): void {
    this.#endpoints.set(endpoint.endpoint, endpoint);
    for (const name of endpoint.names) {
      const key = name.toLowerCase();
      const set = this.#byName.get(key);
      if (set === undefined) this.#byName.set(key, new Set([endpoint]));
      else set.add(endpoint);
    }
    for (const address of endpoint.addresses) this.#byAddress.set(canonical(address), endpoint);
  }

  drop(id: string): void {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) return;
    this.#endpoints.delete(id);
    for (const name of endpoint.names) {
      const set = this.#byName.get(name.toLowerCase());
      set?.delete(endpoint);
      if (set?.size === 0) this.#byName.delete(name.toLowerCase());
    }
    for (const address of endpoint.addresses) {
      if (this.#byAddress.get(canonical(address)) === endpoint) this.#byAddress.delete(canonical(address));
    }
  }

  named(name: string): Iterable<NamedEndpoint> {
    return this.#byName.get(name) ?? [];
  }

  at(address: string): NamedEndpoint | undefined {
    return this.#byAddress.get(address);
  }
}

let turn = 0;

/** Another one first each time, so that clients which take the first are spread. */
function rotated<T>(values: readonly T[]): T[] {
  if (values.length < 2) return [...values];
  const by = turn++ % values.length;
  return [...values.slice(by), ...values.slice(0, by)];
}

function canonical(address: string): string {
  return addressBytes(address).toString('hex');
}

/** Four or sixteen bytes. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] => text.split(':').filter((group) => group !== '').flatMap((group) => (isIPv4(group) ? fromIPv4(group) : [parseInt(group, 16)]));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const words = [...front, ...new Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back];
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

function fromIPv4(text: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}

/** `4.3.2.1.in-addr.arpa` or the nibbles of `ip6.arpa`, as the bytes of the address in hexadecimal. */
function addressOfReverseName(name: string): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (v4 !== null) return Buffer.from(v4.slice(1).reverse().map(Number)).toString('hex');
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  return v6?.[1] === undefined ? undefined : v6[1].split('.').reverse().join('');
}
