import type { Digest } from '../../oci/digest.ts';

/**
 * Keeps collection and pushes apart without stopping either. A push holds the digests it relies on; a collection remembers
 * everything held while it ran, and deletes only what is not. A deletion that has begun is waited for by the next hold,
 * which then finds the blob gone and says so to its client.
 */
export class Pins {
  readonly #held = new Map<Digest, number>();
  readonly #deleting = new Map<Digest, Promise<unknown>>();
  #remembered: Set<Digest> | undefined;
  readonly #guard: ((digests: readonly Digest[]) => Disposable) | undefined;

  /** `guard` holds the digests against a collection that is not ours. */
  constructor(guard?: (digests: readonly Digest[]) => Disposable) {
    this.#guard = guard;
  }

  async hold<T>(digests: Digest[], act: () => Promise<T>): Promise<T> {
    using _guarded = this.#guard?.(digests);
    for (const digest of digests) {
      this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1);
      this.#remembered?.add(digest);
    }
    try {
      await Promise.allSettled(digests.flatMap((digest) => this.#deleting.get(digest) ?? []));
      return await act();
    } finally {
      for (const digest of digests) {
        const count = this.#held.get(digest)! - 1;
        if (count === 0) this.#held.delete(digest);
        else this.#held.set(digest, count);
      }
    }
  }

  /** Collections run one at a time. `sweep` deletes one digest unless it was held; true when it did. */
  async collecting<T>(act: (sweep: (digest: Digest, remove: () => Promise<unknown>) => Promise<boolean>) => Promise<T>): Promise<T> {
    const remembered = new Set(this.#held.keys());
    this.#remembered = remembered;
    try {
      return await act(async (digest, remove) => {
        if (remembered.has(digest)) return false;
        const deletion = remove();
        this.#deleting.set(digest, deletion);
        try {
          await deletion;
          return true;
        } finally {
          this.#deleting.delete(digest);
        }
      });
    } finally {
      this.#remembered = undefined;
    }
  }
}
