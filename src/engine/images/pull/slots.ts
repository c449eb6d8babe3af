/** So many at once; the others wait in the order they came. The count is asked each time: what goes on is not ended by a smaller one. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  readonly #count: () => number;
  #held = 0;

  constructor(count: () => number) {
    this.#count = count;
  }

  /** `onWait` is called when none is free. Resolves to what gives the slot back. @throws the signal's reason */
  async take(signal: AbortSignal, onWait: () => void): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#held < this.#count()) this.#held++;
    else {
      onWait();
      await this.#wait(signal);
    }
    let held = true;
    return () => {
      if (held) this.#give();
      held = false;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((settle, fail) => {
      const turn = (): void => {
        signal.removeEventListener('abort', gone);
        settle();
      };
      const gone = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        fail(signal.reason as Error);
      };
      signal.addEventListener('abort', gone, { once: true });
      this.#waiting.push(turn);
      // There may be more than when the others began to wait.
      this.#fill();
    });
  }

  #give(): void {
    this.#held--;
    this.#fill();
  }

  #fill(): void {
    for (; this.#held < this.#count() && this.#waiting.length > 0; this.#held++) this.#waiting.shift()!();
  }
}
