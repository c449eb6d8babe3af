/**
 * Every record of the engine, in one SQLite database (node:sqlite, WAL). A record is an immutable JSON value, replaced whole.
 * `durable` writes are on disk when the call returns (one fsync); others survive the death of the daemon but not a power cut.
 */
export interface Metadata {
  /** All or nothing; nested calls join the outer one. Synchronous: no await inside. Called again from its beginning when the disk was full and room was made. */
  transaction<T>(act: () => T, options?: { durable?: boolean }): T;
  /** Does `act` once the open transaction is committed, or at once when none is open; never when it fails. For what is held in memory beside a table. */
  afterCommit(act: () => void): void;
  table<T>(name: TableName): Table<T>;
  close(): void;
}

export type TableName =
  | 'images' // ImageRecord by image id
  | 'references' // ReferenceRecord by canonical reference
  | 'layers' // LayerRecord by chain id
  | 'leases' // LeaseRecord by lease id
  | 'containers' // ContainerRecord by container id
  | 'networks' // NetworkRecord by network id
  | 'addresses' // AddressRecord by `<networkId>/<address>`: a unique key, so an address cannot be given twice
  | 'volumes' // VolumeRecord by name
  | 'settings'; // anything small by name

export interface Table<T> {
  get(key: string): T | undefined;
  /** Inserts or replaces. */
  put(key: string, value: T): void;
  /** False, and nothing written, when the key is taken. */
  insert(key: string, value: T): boolean;
  delete(key: string): boolean;
  all(): T[];
  entries(): [string, T][];
  /** Records whose key begins with `prefix`, at most `limit`. */
  withPrefix(prefix: string, limit?: number): T[];
}
