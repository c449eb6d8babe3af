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
  /** Everything added so far. */
  readonly held: { digests: readonly Digest[]; chainIds: readonly Digest[] };
  release(): void;
  /** Instead of release(): what is leased stays for a while, for the next try with the same `resumeKey`. */
  keep(): void;
}

/** One removal of what nothing reaches, until it is disposed of. */
export interface Collection extends Disposable {
  /** Leased since this collection began, let go or not: it spares that. */
  touched(digest: Digest): boolean;
}

/** So long what a broken-off pull brought waits for the next try. */
export const keptForMs = 24 * 3_600_000;

export class Leases {
  readonly #table: Table<LeaseRecord>;
  /** Those of this daemon that are not let go of yet. */
  readonly #held = new Set<string>();
  /** For each collection that runs, everything leased since it began, let go or not. */
  readonly #collections = new Set<Set<Digest>>();

  constructor(metadata: Metadata) {
    this.#table = metadata.table<LeaseRecord>('leases');
    // Whoever held these died with the last daemon.
    for (const [id, lease] of this.#table.entries()) if (lease.resumeKey === undefined) this.#table.delete(id);
  }

  /** With a `resumeKey` the lease outlives the daemon's death, and what earlier tries of that key have kept goes when it is released. */
  open(purpose: string, options: { resumeKey?: string } = {}): Lease {
    const id = newId();
    const createdAtMs = Date.now();
    const resumable = options.resumeKey === undefined ? {} : { resumeKey: options.resumeKey, keptUntilMs: createdAtMs + keptForMs };
    let record: LeaseRecord = { id, purpose, createdAtMs, digests: [], chainIds: [], ...resumable };
    this.#held.add(id);
    this.#table.put(id, record);
    const release = (): void => {
      this.#held.delete(id);
      this.#table.delete(id);
      if (options.resumeKey !== undefined) this.#dropKept((lease) => lease.resumeKey === options.resumeKey);
    };
    return {
      id,
      get held() {
        return record;
      },
      add: ({ digests = [], chainIds = [] }) => {
        for (const touched of this.#collections) for (const digest of [...digests, ...chainIds]) touched.add(digest);
        record = { ...record, digests: [...new Set([...record.digests, ...digests])], chainIds: [...new Set([...record.chainIds, ...chainIds])] };
        this.#table.put(id, record);
      },
      release,
      keep: () => void this.#held.delete(id),
      [Symbol.asyncDispose]: async () => release(),
    };
  }

  all(): LeaseRecord[] {
    return this.#table.all();
  }

  /** What broken-off tries had kept is wanted no more. */
  forgetKept(): void {
    this.#dropKept((lease) => lease.resumeKey !== undefined);
  }

  /** Forgets what was kept long enough, and from here on notes what is leased. Several collections may run at once. */
  beginCollection(): Collection {
    const now = Date.now();
    this.#dropKept((lease) => (lease.keptUntilMs ?? 0) <= now);
    const touched = new Set<Digest>();
    this.#collections.add(touched);
    return { touched: (digest) => touched.has(digest), [Symbol.dispose]: () => void this.#collections.delete(touched) };
  }

  #dropKept(goes: (lease: LeaseRecord) => boolean): void {
    for (const [id, lease] of this.#table.entries()) if (!this.#held.has(id) && goes(lease)) this.#table.delete(id);
  }
}
