import { setImmediate } from 'node:timers/promises';

/** Long enough that the turns between cost nothing, short enough that nobody notices. */
const sliceMs = 8;

/**
 * Long work on the event loop, in slices: between two of them everybody else has a turn. A generator that is read as fast as it yields, or a
 * socket that takes all it is given at once, makes one turn of it all otherwise.
 */
export class Slices {
  readonly #nowMs: () => number;
  #begunMs: number;

  constructor(nowMs = (): number => performance.now()) {
    this.#nowMs = nowMs;
    this.#begunMs = nowMs();
  }

  get isOver(): boolean {
    return this.#nowMs() - this.#begunMs >= sliceMs;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#begunMs = this.#nowMs();
  }
}
