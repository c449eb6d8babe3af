/** Wall-clock times as Docker writes them: RFC 3339 in UTC with nanoseconds. */
const originNs = BigInt(Math.round(performance.timeOrigin * 1e3)) * 1000n;
let drift = 0n;
let checkedAtMs = 0;

/** Nanoseconds since the epoch. Follows steps of the wall clock within a second. */
export function nowNanos(): bigint {
  const fine = originNs + BigInt(Math.round(performance.now() * 1e6));
  const wallMs = Date.now();
  if (Math.abs(wallMs - checkedAtMs) > 1000) {
    checkedAtMs = wallMs;
    const offset = BigInt(wallMs) * 1_000_000n - fine;
    drift = offset > 2_000_000n || offset < -2_000_000n ? offset : 0n;
  }
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
