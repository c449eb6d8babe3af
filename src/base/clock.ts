/** Wall-clock times as Docker writes them: RFC 3339 in UTC with nanoseconds. */
const originNs = BigInt(Math.round(performance.timeOrigin * 1e3)) * 1000n;
const millisecond = 1_000_000n;
let drift = 0n;

/**
 * Nanoseconds since the epoch, within the millisecond that the wall clock shows: what clients and other processes read from it before is not later,
 * and what they read afterwards not earlier. The monotonic clock says where in the millisecond.
 */
export function nowNanos(): bigint {
  const fine = originNs + BigInt(Math.round(performance.now() * 1e6));
  const begin = BigInt(Date.now()) * millisecond;
  const end = begin + millisecond - 1n;
  if (fine + drift < begin) drift = begin - fine;
  else if (fine + drift > end) drift = end - fine;
  return fine + drift;
}

/** `2026-01-02T03:04:05.000000006Z` */
export function rfc3339(nanos: bigint): string {
  const seconds = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z`;
}

export function now(): string {
  return rfc3339(nowNanos());
}

/** Node's timers take no more, 24.8 days, and are over at once with more. Milliseconds. */
export const longestTimerMs = 2 ** 31 - 1;
