import { GantryError } from '../../base/errors.ts';
import type { Metadata, Table } from '../../store/metadata/metadata.ts';
import { nameConflict } from './container-name.ts';
import { linkedId } from './link-names.ts';
import type { ContainerRecord } from './record.ts';

/**
 * All containers, in memory over the database, and ahead of it only in what has happened and could not be written: lookups by id, prefix and name touch no disk. Names are unique, and a name that is
 * reserved for a container to come counts as taken.
 */
export class ContainerCatalog {
  readonly #metadata: Metadata;
  readonly #table: Table<ContainerRecord>;
  readonly #byId = new Map<string, ContainerRecord>();
  readonly #idByName = new Map<string, string>();

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
    this.#table = metadata.table<ContainerRecord>('containers');
    for (const record of this.#table.all()) {
      this.#byId.set(record.id, record);
      this.#idByName.set(record.name, record.id);
    }
  }

  all(): ContainerRecord[] {
    return [...this.#byId.values()];
  }

  get(id: string): ContainerRecord | undefined {
    return this.#byId.get(id);
  }

  /** By id, name, name of a link (`web/db`) or unambiguous prefix of an id, in this order. @throws notFound */
  find(container: string): ContainerRecord {
    const name = container.replace(/^\//, '');
    const exact = this.#byId.get(container) ?? this.#byName(name) ?? this.#byLink(name);
    if (exact !== undefined) return exact;
    const matches = /^[0-9a-f]+$/.test(container) ? this.all().filter((record) => record.id.startsWith(container)) : [];
    // Docker answers 500 to an ambiguous prefix.
    if (matches.length > 1) throw new GantryError('internal', `multiple IDs found with provided prefix: ${container}`);
    if (matches[0] === undefined) throw new GantryError('notFound', `No such container: ${container}`);
    return matches[0];
  }

  #byName(name: string): ContainerRecord | undefined {
    return this.#byId.get(this.#idByName.get(name) ?? '');
  }

  #byLink(name: string): ContainerRecord | undefined {
    const slash = name.indexOf('/');
    const parent = slash === -1 ? undefined : this.#byName(name.slice(0, slash));
    return parent && this.#byId.get(linkedId(parent, name.slice(slash + 1)) ?? '');
  }

  /** The record again, after waiting for its lock. @throws notFound when it was removed meanwhile. */
  current(id: string): ContainerRecord {
    const record = this.#byId.get(id);
    if (record === undefined) throw new GantryError('notFound', `No such container: ${id}`);
    return record;
  }

  /** Takes a name until the returned undo, or until the container that has it is removed. @throws conflict */
  reserveName(name: string, id: string): () => void {
    const owner = this.#idByName.get(name);
    if (owner !== undefined && owner !== id) throw nameConflict(name, owner);
    this.#idByName.set(name, id);
    return () => {
      if (this.#byId.get(id)?.name !== name && this.#idByName.get(name) === id) this.#idByName.delete(name);
    };
  }

  isNameTaken(name: string): boolean {
    return this.#idByName.has(name);
  }

  save(record: ContainerRecord, options: { durable: boolean }): ContainerRecord {
    this.#metadata.transaction(() => {
      this.#table.put(record.id, record);
      this.#metadata.afterCommit(() => this.#hold(record));
    }, options);
    return record;
  }

  /** What has happened to a container holds from now on, even where the disk does not take it: the next change is written with it. @returns why it could not be written */
  learn(record: ContainerRecord, options: { durable: boolean }): unknown {
    try {
      this.save(record, options);
      return undefined;
    } catch (error) {
      this.#hold(record);
      return error;
    }
  }

  #hold(record: ContainerRecord): void {
    const before = this.#byId.get(record.id);
    this.#byId.set(record.id, record);
    this.#idByName.set(record.name, record.id);
    if (before !== undefined && before.name !== record.name) this.#idByName.delete(before.name);
  }

  delete(id: string): void {
    const record = this.#byId.get(id);
    this.#metadata.transaction(() => {
      this.#table.delete(id);
      this.#metadata.afterCommit(() => {
        this.#byId.delete(id);
        if (record !== undefined && this.#idByName.get(record.name) === id) this.#idByName.delete(record.name);
      });
    }, { durable: true });
  }
}
