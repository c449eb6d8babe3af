import { GantryError } from '../../base/errors.ts';
import type { Metadata, Table } from '../../store/metadata/metadata.ts';
import type { NetworkRecord } from './verbs.ts';

/** All networks, in memory over the database. Names are unique. */
export class NetworkCatalog {
  readonly #metadata: Metadata;
  readonly #table: Table<NetworkRecord>;
  readonly #byId = new Map<string, NetworkRecord>();

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
    this.#table = metadata.table<NetworkRecord>('networks');
    for (const record of this.#table.all()) this.#byId.set(record.id, record);
  }

  all(): NetworkRecord[] {
    return [...this.#byId.values()];
  }

  get(id: string): NetworkRecord | undefined {
    return this.#byId.get(id);
  }

  byName(name: string): NetworkRecord | undefined {
    return this.all().find((record) => record.name === name);
  }

  /** By id, name or unambiguous prefix of an id. @throws notFound, invalid when a prefix is ambiguous */
  find(network: string): NetworkRecord {
    const exact = this.#byId.get(network) ?? this.byName(network);
    if (exact !== undefined) return exact;
    const matches = network === '' ? [] : this.all().filter((record) => record.id.startsWith(network));
    if (matches.length > 1) throw new GantryError('invalid', `network ${network} is ambiguous (${matches.length} matches found based on ID prefix)`);
    if (matches[0] === undefined) throw new GantryError('notFound', `network ${network} not found`);
    return matches[0];
  }

  save(record: NetworkRecord): void {
    this.#metadata.transaction(() => this.#table.put(record.id, record), { durable: true });
    this.#byId.set(record.id, record);
  }

  delete(id: string): void {
    this.#metadata.transaction(() => this.#table.delete(id), { durable: true });
    this.#byId.delete(id);
  }
}
