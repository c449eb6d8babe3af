/**
 * Lets those who come at once go one in each turn of the event loop: a hundred requests whose work is system calls would otherwise be one long
 * turn, in which nobody else is answered.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves in a turn of its own, in the order of asking. */
  take(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#next());
    });
  }

  #next(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#next());
  }
}
