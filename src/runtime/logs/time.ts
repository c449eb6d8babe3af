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

/** A nanosecond behind the last one, for what came along with it: without a look at the clock. */
export function momentBehind(): Moment {
  last = later(last, 1);
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

/** `2006-01-02T15:04:05` */
export function wholeSeconds(seconds: number): string {
  if (formatted.seconds !== seconds) formatted = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) };
  return formatted.text;
}

/** Writes what stands between the seconds and the `Z`, and gives the place behind it. */
export function putFraction(bytes: Uint8Array, at: number, nanoseconds: number): number {
  if (nanoseconds === 0) return at;
  bytes[at] = 0x2e;
  let end = at + 10;
  for (let place = end - 1, left = nanoseconds; place > at; place--) {
    const rest = Math.trunc(left / 10);
    bytes[place] = 0x30 + left - rest * 10;
    left = rest;
  }
  while (bytes[end - 1] === 0x30) end--;
  return end;
}

export function formatMoment({ seconds, nanoseconds }: Moment): string {
  const fraction = Buffer.alloc(10);
  return `${wholeSeconds(seconds)}${fraction.toString('latin1', 0, putFraction(fraction, 0, nanoseconds))}Z`;
}

export const nowRfc3339 = (): string => formatMoment(nextMoment());
