import { frameHeader } from '../monitor/stream-frames.ts';
import type { StreamName } from './line.ts';

export interface LogEntry {
  log: string;
  stream: StreamName;
  attrs?: Record<string, string>;
  time: string;
}

/** One line of a log file. A line that a dying writer began and another one ended is read from its second half; else undefined. */
export function parseEntry(line: string): LogEntry | undefined {
  return tryParse(line) ?? tryParse(line.slice(Math.max(0, line.lastIndexOf('{"log":"'))));
}

function tryParse(text: string): LogEntry | undefined {
  try {
    const value = JSON.parse(text) as LogEntry;
    return typeof value.log === 'string' && typeof value.time === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 3339 in UTC as nanoseconds since the epoch; undefined for what is no time. */
export function parseNanoseconds(time: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(time);
  if (match === null) return undefined;
  const seconds = Date.parse(`${match[1]}Z`) / 1000;
  return Number.isNaN(seconds) ? undefined : BigInt(seconds) * 1_000_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

export interface EntryFormat { timestamps: boolean; details: boolean; tty: boolean }

/** An entry as a client reads it: framed unless the container has a tty; the time has all nine digits, so that columns align. */
export function formatEntry(entry: LogEntry, format: EntryFormat): Buffer {
  const time = format.timestamps ? `${fixedTime(entry.time)} ` : '';
  const details = format.details ? `${attributesText(entry.attrs)} ` : '';
  const body = Buffer.from(`${time}${details}${entry.log}`);
  return format.tty ? body : Buffer.concat([frameHeader(entry.stream === 'stderr' ? 2 : 1, body.length), body]);
}

function fixedTime(time: string): string {
  const [whole = '', fraction = ''] = time.replace(/Z$/, '').split('.');
  return `${whole}.${fraction.padEnd(9, '0')}Z`;
}

function attributesText(attributes: Record<string, string> = {}): string {
  const escape = (text: string): string => encodeURIComponent(text).replace(/%20/g, '+');
  return Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${escape(key)}=${escape(value)}`).join(',');
}
