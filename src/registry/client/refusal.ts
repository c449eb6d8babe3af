import type { RegistryErrorEntry } from '../protocol/errors.ts';

/** What a registry answered in its own words: the cause of the error that tells of it. */
export class RegistryRefusal extends Error {
  readonly status: number;
  readonly entries: readonly RegistryErrorEntry[];

  constructor(status: number, entries: readonly RegistryErrorEntry[]) {
    super(entries[0]?.message ?? `status ${status}`);
    this.status = status;
    this.entries = entries;
  }
}
