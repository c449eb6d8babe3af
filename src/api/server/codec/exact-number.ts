/** A number of a JSON text that a double does not hold, or that is not written as Go writes integers: `9223372036854775807`, `1.0`, `1e3`. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The range of Go's int64, and of uint64. */
export const largestInt64 = 2n ** 63n - 1n;
export const largestUint64 = 2n ** 64n - 1n;

/** The greatest double that is an int64: what the engine keeps for `largestInt64`, which is how clients say "without limit". */
export const largestDouble = 2 ** 63 - 1024;

/** Only in such a text can a number be that no double holds as it was written. */
const suspicious = /\d{16}|\d[.eE]/;

/** As JSON.parse, with `ExactNumber` where a number would lose what was written. @throws SyntaxError */
export function parseExactly(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text) as unknown;
  const revive = (_: string, value: unknown, { source }: { source?: string }): unknown =>
    (typeof value === 'number' && source !== undefined && String(value) !== source ? new ExactNumber(source) : value);
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown) as unknown;
}

/** What JSON.stringify writes as this whole number with all its digits. */
export function exactJson(value: number): unknown {
  if (Number.isSafeInteger(value)) return value;
  const digits = value === largestDouble ? largestInt64 : BigInt(value);
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(digits));
}
