import { parseDuration } from '../../base/parse-duration.ts';

/** What `--since` and `--until` take, as the API wants it: seconds since 1970, from a duration back from now, an RFC 3339 time or seconds. */
export function timestampQuery(text: string, now = Date.now()): string | undefined {
  if (text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return text;
  try {
    const nanoseconds = BigInt(now) * 1_000_000n - BigInt(parseDuration(text));
    return `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}`;
  } catch {
    return absolute(text);
  }
}

function absolute(text: string): string {
  const shape = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d))?(?::(\d\d))?(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (shape === null) throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  const [, day, hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = shape;
  const ms = Date.parse(`${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(ms)) throw new Error(`parsing time ${JSON.stringify(text)}: ${Number(day?.slice(5, 7)) > 12 || day?.slice(5, 7) === '00' ? 'month' : hour > '23' ? 'hour' : minute > '59' ? 'minute' : second > '59' ? 'second' : 'day'} out of range`);
  return `${Math.floor(ms / 1000)}.${fraction.padEnd(9, '0').slice(0, 9)}`;
}
