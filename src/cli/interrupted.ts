/** The reason of the abort: the program ends with 128 + the signal's number. */
export class Interrupted extends Error {
  readonly signal: number;
  constructor(signal: number) {
    super('interrupted');
    this.signal = signal;
  }
}
