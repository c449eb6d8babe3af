import { newId } from '../../base/ids.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Metadata, Table } from '../metadata/metadata.ts';
import type { LeaseRecord } from '../records.ts';

/**
 * Keeps blobs and layers alive while a load, pull, build or push runs, before any image names them. Whoever is about to use or make
 * content leases it first, and lets go after the record that refers to it is written.
 */
export interface Lease extends AsyncDisposable {
  readonly id: string;
  add(what: { digests?: readonly Digest[]; chainIds?: readonly Digest[] }): void;
  release(): void;
}

export class Leases {
  readonly #table: Table<LeaseRecord>;
  /** Everything leased since the last collection began, let go or not: a collection spares it. */
  #touched = new Set<Digest>();

  constructor(metadata: Metadata) {
    this.#table = metadata.table<LeaseRecord>('leases');
    // Whoever held these died with the last daemon.
    for (const [id] of this.#table.entries()) this.#table.delete(id);
  }

  open(purpose: string): Lease {
    const id = newId();
    let record: LeaseRecord = { id, purpose, createdAtMs: Date.now(), digests: [], chainIds: [] };
    this.#table.put(id, record);
    const release = (): void => void this.#table.delete(id);
    return {
      id,
      add: ({ digests = [], chainIds = [] }) => {
        for (const digest of [...digests, ...chainIds]) this.#touched.add(digest);
        record = { ...record, digests: [...new Set([...record.digests, ...digests])], chainIds: [...new Set([...record.chainIds, ...chainIds])] };
        this.#table.put(id, record);
      },
      release,
      [Symbol.asyncDispose]: async () => release(),
    };
  }

  all(): LeaseRecord[] {
    return this.#table.all();
  }

  /** Starts a new collection: forgets what was touched before. */
  beginCollection(): void {
    this.#touched = new Set();
  }

  touched(digest: Digest): boolean {
    return this.#touched.has(digest);
  }
}
