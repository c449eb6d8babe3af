import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import { isOfSubnet, nextAddress } from '../../network/addresses/choose.ts';
import { parseSubnet, subnetHolds } from '../../network/addresses/subnet.ts';
import type { Metadata, Table } from '../../store/metadata/metadata.ts';
import { poolOf } from './kernel-network.ts';
import type { IpamPool, NetworkRecord } from './verbs.ts';

/** Who has an address. The key is `<networkId>/<address>`. */
export interface AddressRecord { networkId: string; address: string; owner: string }

/** Addresses of all networks, one record each: the unique key is what keeps an address from being given twice. */
export class Addresses {
  readonly #metadata: Metadata;
  readonly #table: Table<AddressRecord>;
  /** The address given last, by network and family; a new daemon begins at the start of the pool. */
  readonly #last = new Map<string, string>();

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
    this.#table = metadata.table<AddressRecord>('addresses');
  }

  /**
   * Takes the address asked for, or the one that the owner had before, if that is free still, or the next free one of the family.
   * @throws exhausted, forbidden when the asked one is taken, invalid when it is not in the subnet
   */
  take(network: NetworkRecord, options: { family: 4 | 6; owner: string; wanted?: string; before?: string }): string {
    const address = options.wanted === undefined ? this.#again(network, options) ?? this.#next(network, options.family) : this.#checked(network, options.family, options.wanted);
    const record: AddressRecord = { networkId: network.id, address, owner: options.owner };
    const taken = this.#metadata.transaction(() => this.#table.insert(`${network.id}/${address}`, record));
    if (!taken && this.#table.get(`${network.id}/${address}`)?.owner !== options.owner) throw new GantryError('forbidden', 'Address already in use');
    if (options.wanted === undefined && address !== options.before) this.#last.set(`${network.id}/${options.family}`, address);
    return address;
  }

  /** Gives back what the owner has on this network. */
  release(networkId: string, owner: string): void {
    this.#metadata.transaction(() => {
      for (const [key, record] of this.#table.entries()) {
        if (record.networkId === networkId && record.owner === owner) this.#table.delete(key);
      }
    });
  }

  /** Gives back one address, if the owner has it. */
  give(networkId: string, address: string, owner: string): void {
    const key = `${networkId}/${address}`;
    if (this.#table.get(key)?.owner === owner) this.#metadata.transaction(() => this.#table.delete(key));
  }

  /** Gives back all that no container has: a daemon died between taking and recording, or the other way round. */
  sweep(held: readonly AddressRecord[]): void {
    const owners = new Map(held.map(({ networkId, address, owner }) => [`${networkId}/${address}`, owner]));
    this.#metadata.transaction(() => {
      for (const [key, record] of this.#table.entries()) {
        if (owners.get(key) !== record.owner) this.#table.delete(key);
      }
    });
  }

  /** A container that is started again keeps its address, unless another one has got it meanwhile. */
  #again(network: NetworkRecord, { family, before }: { family: 4 | 6; before?: string }): string | undefined {
    const pool = poolOf(network, family);
    const block = parseSubnet(pool?.ipRange || (pool?.subnet ?? ''));
    if (before === undefined || block === undefined || !subnetHolds(block, before)) return undefined;
    return this.#isTaken(network.id, pool, before) ? undefined : before;
  }

  #isTaken(networkId: string, { gateway, auxAddresses = {} }: IpamPool = {}, address: string): boolean {
    return address === gateway || Object.values(auxAddresses).includes(address) || this.#table.get(`${networkId}/${address}`) !== undefined;
  }

  #next(network: NetworkRecord, family: 4 | 6): string {
    const pool = poolOf(network, family);
    const last = this.#last.get(`${network.id}/${family}`);
    const address = pool?.subnet === undefined ? undefined : nextAddress({
      subnet: pool.subnet, range: pool.ipRange, last, taken: (candidate) => this.#isTaken(network.id, pool, candidate),
    });
    if (address === undefined) throw new GantryError('exhausted', `no available IPv${family} addresses on this network's address pools: ${network.name} (${network.id})`);
    return address;
  }

  #checked(network: NetworkRecord, family: 4 | 6, wanted: string): string {
    const pool = poolOf(network, family);
    if (isIP(wanted) !== family) throw new GantryError('invalid', `invalid IPv${family} address: ${wanted}`);
    const subnet = parseSubnet(pool?.subnet ?? '');
    if (subnet === undefined || !subnetHolds(subnet, wanted)) throw new GantryError('invalid', `no configured subnet contains IP address ${wanted}`);
    if (wanted === pool?.gateway || isOfSubnet(subnet, wanted)) throw new GantryError('forbidden', 'Address already in use');
    return wanted;
  }
}
