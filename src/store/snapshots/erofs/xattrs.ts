import { xattrPrefixes } from './format.ts';
import type { Xattrs } from './node.ts';

const headerBytes = 12;
const nothing = Buffer.alloc(0);

/** What one attribute's name (without its prefix) and value, and the count of all words of an inode's, may come to. */
const maxName = 255;
const maxValue = 0xffff;
const maxCount = 0xffff;

/** Whether an inode can have these: Linux allows more, in a filesystem that can. */
export function fitsInode(xattrs: Xattrs): boolean {
  if ([...xattrs].some(([name, { length }]) => length > maxValue || Buffer.byteLength(name) > maxName)) return false;
  return xattrCount(encodeXattrs(xattrs).length) <= maxCount;
}

/**
 * The attributes of one inode as they stand behind it, or nothing when it has none.
 * Attributes in a namespace that EROFS cannot name are left out: they mean nothing in a layer.
 */
export function encodeXattrs(xattrs: Xattrs): Buffer {
  if (xattrs.size === 0) return nothing;
  const entries = [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, value]) => encodeEntry(name, value));
  return entries.length === 0 ? nothing : Buffer.concat([Buffer.alloc(headerBytes), ...entries]);
}

/** What `i_xattr_icount` holds for that many bytes of attributes. */
export function xattrCount(bytes: number): number {
  return bytes === 0 ? 0 : (bytes - headerBytes) / 4 + 1;
}

function encodeEntry(name: string, value: Uint8Array): Buffer[] {
  const known = xattrPrefixes.find(([prefix]) => name.startsWith(prefix));
  if (known === undefined) return [];
  const rest = Buffer.from(name.slice(known[0].length), 'utf8');
  const entry = Buffer.alloc(Math.ceil((4 + rest.length + value.length) / 4) * 4);
  entry.writeUInt8(rest.length, 0);
  entry.writeUInt8(known[1], 1);
  entry.writeUInt16LE(value.length, 2);
  entry.set(rest, 4);
  entry.set(value, 4 + rest.length);
  return [entry];
}
