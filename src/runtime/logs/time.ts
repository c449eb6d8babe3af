/**
 * The wall clock in RFC 3339 with nanoseconds, as Go's RFC3339Nano prints it: zeros at the end are left out. Node's clock has
 * milliseconds, so the rest comes from the monotonic one; a value never repeats within a process.
 */
let anchorNanoseconds = 0n;
let anchorMonotonic = 0n;
let last = 0n;

export function nowNanoseconds(): bigint {
  const monotonic = process.hrtime.bigint();
  const wall = BigInt(Date.now()) * 1_000_000n;
  const guess = anchorNanoseconds + (monotonic - anchorMonotonic);
  // The clock was set, or this is the first call: start again from what it says.
  if (guess < wall - 1_000_000n || guess > wall + 2_000_000n) {
    anchorNanoseconds = wall;
    anchorMonotonic = monotonic;
    last = last < wall ? wall : last > wall + 1_000_000_000n ? wall : last + 1n;
  } else {
    last = guess > last ? guess : last + 1n;
  }
  return last;
}

export function formatNanoseconds(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n;
  const fraction = (nanoseconds % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}

export const nowRfc3339 = (): string => formatNanoseconds(nowNanoseconds());
