/**
 * Locks by key: callers with one key run one after the other in the order they came,
 * callers with different keys do not wait for each other. Keys cost nothing when idle.
 */
export class KeyedLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(key: string, act: () => Promise<T> | T): Promise<T> {
    const before = this.#tails.get(key);
    const mine = before === undefined ? Promise.resolve().then(act) : before.then(act, act);
    const tail = mine.catch(() => undefined);
    this.#tails.set(key, tail);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }

  /** Resolves when nobody has a lock or waits for one. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
