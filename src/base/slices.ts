import { setImmediate } from 'node:timers/promises';

/** Long enough that the turns between cost nothing, short enough that nobody notices. */
const sliceMs = 8;

/**
 * Long work on the event loop, in slices: between two of them everybody else has a turn. A generator that is read as fast as it yields, or a
 * socket that takes all it is given at once, makes one turn of it all otherwise.
 */
export class Slices {
  #begunMs = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#begunMs >= sliceMs;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#begunMs = performance.now();
  }
}
