/** Those who wait until an exec has its process, or will never have one. */
export class Beginnings {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when `begun` is told of the exec. False when that takes longer than the patience. */
  async wait(id: string, patienceMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting = this.#waiting.get(id) ?? new Set();
    const told = (): void => resolve(true);
    this.#waiting.set(id, waiting.add(told));
    const timer = setTimeout(() => resolve(false), patienceMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(told);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    }
  }

  begun(id: string): void {
    for (const told of this.#waiting.get(id) ?? []) told();
  }
}
