import type { TarEntry, TarEntryType } from './entry.ts';
import { blockSize } from './header.ts';
import { formatPax, formatPaxTime } from './pax.ts';

/** What is written; everything but the name has a default that says nothing. */
export type TarOutput = Pick<TarEntry, 'name'> & Partial<Omit<TarEntry, 'name' | 'realSize' | 'sparse'>>;

const flags: Readonly<Record<TarEntryType, string>> = { file: '0', link: '1', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' };
const maxOctal = { 8: 0o7777777, 12: 0o77777777777 } as const;

/**
 * The header blocks of a member: ustar, preceded by a pax header where ustar cannot say it. The same entry gives the same bytes.
 * A body of `size` bytes and `tarPadding(size)` follow.
 */
export function tarHeader(entry: TarOutput): Buffer {
  const pax = paxRecords(entry);
  const main = block(entry, flags[entry.type ?? 'file']);
  if (pax.length === 0) return main;
  const body = formatPax(pax);
  const name = `PaxHeaders/${entry.name.replace(/\/+$/, '').split('/').at(-1) ?? ''}`;
  return Buffer.concat([block({ name, size: body.length, mode: 0o644 }, 'x'), body, tarPadding(body.length), main]);
}

const zeros = Buffer.alloc(2 * blockSize);

/** The zeros after a body. */
export function tarPadding(size: number): Buffer {
  return zeros.subarray(0, (blockSize - (size % blockSize)) % blockSize);
}

/** The end of an archive: two blocks of zeros. */
export function tarEnd(): Buffer {
  return zeros;
}

function paxRecords(entry: TarOutput): [string, string | Uint8Array][] {
  const records: [string, string | Uint8Array][] = [];
  const size = entry.size ?? 0;
  const mtime = entry.mtime ?? { seconds: 0, nanoseconds: 0 };
  if (splitName(entry.name) === undefined) records.push(['path', entry.name]);
  if (!fits(entry.linkName ?? '', 100)) records.push(['linkpath', entry.linkName ?? '']);
  if (size > maxOctal[12]) records.push(['size', String(size)]);
  for (const key of ['uid', 'gid'] as const) if ((entry[key] ?? 0) > maxOctal[8]) records.push([key, String(entry[key])]);
  if (mtime.nanoseconds !== 0 || mtime.seconds < 0 || mtime.seconds > maxOctal[12]) records.push(['mtime', formatPaxTime(mtime)]);
  for (const name of [...(entry.xattrs?.keys() ?? [])].sort()) records.push([`SCHILY.xattr.${name}`, entry.xattrs?.get(name) as Uint8Array]);
  return records;
}

/** ustar's fields are ASCII in every reader only when the text is. */
function fits(text: string, bytes: number): boolean {
  // eslint-disable-next-line no-control-regex
  return text.length <= bytes && /^[\x01-\x7f]*$/.test(text);
}

/** A name of up to 256 bytes fits in two fields when a slash stands at the right place. */
function splitName(name: string): { prefix: string; name: string } | undefined {
  if (fits(name, 100)) return { prefix: '', name };
  if (!fits(name, 256)) return undefined;
  for (let slash = name.indexOf('/', Math.max(0, name.length - 101)); slash > 0 && slash <= 155; slash = name.indexOf('/', slash + 1)) {
    const rest = name.slice(slash + 1);
    if (rest.length > 0 && rest.length <= 100) return { prefix: name.slice(0, slash), name: rest };
  }
  return undefined;
}

function block(entry: TarOutput, flag: string): Buffer {
  const header = Buffer.alloc(blockSize);
  const { prefix, name } = splitName(entry.name) ?? { prefix: '', name: asciiTail(entry.name) };
  const mtime = entry.mtime?.seconds ?? 0;
  header.write(name, 0, 100, 'latin1');
  octal(header, entry.mode ?? defaultMode(entry.type), { at: 100, length: 8 });
  octal(header, clamp(entry.uid ?? 0, 8), { at: 108, length: 8 });
  octal(header, clamp(entry.gid ?? 0, 8), { at: 116, length: 8 });
  octal(header, clamp(entry.size ?? 0, 12), { at: 124, length: 12 });
  octal(header, clamp(mtime, 12), { at: 136, length: 12 });
  header.write(flag, 156, 'latin1');
  header.write(fits(entry.linkName ?? '', 100) ? (entry.linkName ?? '') : asciiTail(entry.linkName ?? ''), 157, 100, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  octal(header, entry.deviceMajor ?? 0, { at: 329, length: 8 });
  octal(header, entry.deviceMinor ?? 0, { at: 337, length: 8 });
  header.write(prefix, 345, 155, 'latin1');
  let sum = 8 * 32;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return header;
}

/** What a reader without pax sees of a long name. */
function asciiTail(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[^\x01-\x7f]/g, '_').slice(0, 100);
}

function defaultMode(type: TarEntryType | undefined): number {
  return type === 'directory' ? 0o755 : type === 'symlink' ? 0o777 : 0o644;
}

function clamp(value: number, length: 8 | 12): number {
  return value < 0 || value > maxOctal[length] ? 0 : value;
}

function octal(header: Buffer, value: number, field: { at: number; length: number }): void {
  header.write(`${value.toString(8).padStart(field.length - 1, '0')}\0`, field.at, field.length, 'latin1');
}
