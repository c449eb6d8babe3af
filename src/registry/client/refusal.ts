import type { RegistryErrorEntry } from '../protocol/errors.ts';

/** What a registry answered in its own words: the cause of the error that tells of it. */
export class RegistryRefusal extends Error {
  readonly status: number;
  /** What was asked for: `blob a@sha256:…`. */
  readonly what: string;
  readonly entries: readonly RegistryErrorEntry[];

  constructor(status: number, what: string, entries: readonly RegistryErrorEntry[]) {
    super(entries[0]?.message ?? `status ${status}`);
    this.status = status;
    this.what = what;
    this.entries = entries;
  }
}
