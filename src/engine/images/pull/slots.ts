/** So many at once; the others wait in the order they came. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** `onWait` is called when none is free. Resolves to what gives the slot back. @throws the signal's reason */
  async take(signal: AbortSignal, onWait: () => void): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
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
    });
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
