/**
 * How long a `Retry-After` header asks to wait, in ms; undefined when it is absent or not understood.
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Za-z]{3,9},/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** Docker Hub's `ratelimit-limit: 100;w=21600`, for people. */
export function describeRateLimit(limit: string | undefined): string | undefined {
  const match = /^(\d{1,9});w=(\d{1,9})$/.exec(limit?.trim() ?? '');
  if (match === null) return undefined;
  const seconds = Number(match[2]);
  const period = seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds} s`;
  return `the limit is ${match[1]} in ${period}`;
}
