/**
 * The wall clock in RFC 3339 with nanoseconds, as Go's RFC3339Nano prints it: zeros at the end are left out. Node's clock has
 * milliseconds, so the rest comes from the monotonic one; a value never repeats within a process. Two numbers, since one does not hold
 * nanoseconds since the epoch, and a bigint is ten times slower: every line of every log gets its time.
 */
export interface Moment { seconds: number; nanoseconds: number }

const second = 1_000_000_000;
/** Nanoseconds; what follows in the same one is told apart by as many more. */
const lateInMillisecond = 990_000;

let anchor: Moment = { seconds: 0, nanoseconds: 0 };
/** The monotonic clock at the anchor, in milliseconds. */
let anchoredAt = 0;
let last = anchor;

export function nextMoment(): Moment {
  const wallMs = Date.now();
  let guess = later(anchor, Math.round((performance.now() - anchoredAt) * 1e6));
  const aheadMs = guess.seconds * 1000 + guess.nanoseconds / 1e6 - wallMs;
  // Within the millisecond that the clock shows: other processes compare with it. It was set, the two have drifted apart, or this is the first call.
  if (aheadMs < 0 || aheadMs >= 1) {
    anchoredAt = performance.now();
    anchor = later({ seconds: Math.floor(wallMs / 1000), nanoseconds: 0 }, (wallMs % 1000) * 1e6 + (aheadMs < 0 ? 0 : lateInMillisecond));
    guess = anchor;
    if (isAfter(last, later(guess, second))) last = { seconds: 0, nanoseconds: 0 };
  }
  last = isAfter(guess, last) ? guess : later(last, 1);
  return last;
}

function later({ seconds, nanoseconds }: Moment, byNanoseconds: number): Moment {
  const sum = nanoseconds + byNanoseconds;
  return { seconds: seconds + Math.floor(sum / second), nanoseconds: sum % second };
}

function isAfter(a: Moment, b: Moment): boolean {
  return a.seconds > b.seconds || (a.seconds === b.seconds && a.nanoseconds > b.nanoseconds);
}

let formatted = { seconds: NaN, text: '' };

export function formatMoment({ seconds, nanoseconds }: Moment): string {
  if (formatted.seconds !== seconds) formatted = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) };
  if (nanoseconds === 0) return `${formatted.text}Z`;
  let digits = nanoseconds;
  let places = 9;
  for (; digits % 10 === 0; digits /= 10) places--;
  return `${formatted.text}.${String(digits).padStart(places, '0')}Z`;
}

export const nowRfc3339 = (): string => formatMoment(nextMoment());
