import { blockBytes, direntBytes, direntType } from './format.ts';

export interface DirectoryEntry { name: string; mode: number; inode: number }

/**
 * The blocks of a directory: in each, first the entries, then their names, all in the order of their bytes.
 * Names are one character a byte, and come sorted, with `.` and `..` among them.
 */
export function planDirectory(names: readonly string[]): { blocks: number[]; bytes: number } {
  const blocks: number[] = [];
  let count = 0;
  let used = 0;
  for (const name of names) {
    const cost = direntBytes + name.length;
    if (used + cost > blockBytes) {
      blocks.push(count);
      count = 0;
      used = 0;
    }
    count += 1;
    used += cost;
  }
  blocks.push(count);
  return { blocks, bytes: (blocks.length - 1) * blockBytes + used };
}

export function writeDirectory(plan: { blocks: readonly number[]; bytes: number }, entries: readonly DirectoryEntry[]): Buffer {
  const out = Buffer.alloc(plan.bytes);
  let at = 0;
  plan.blocks.forEach((count, block) => {
    writeBlock(out, block * blockBytes, entries.slice(at, at + count));
    at += count;
  });
  return out;
}

function writeBlock(out: Buffer, base: number, entries: readonly DirectoryEntry[]): void {
  let nameOffset = entries.length * direntBytes;
  entries.forEach((entry, index) => {
    const at = base + index * direntBytes;
    out.writeBigUInt64LE(BigInt(entry.inode), at);
    out.writeUInt16LE(nameOffset, at + 8);
    out.writeUInt8(direntType(entry.mode), at + 10);
    out.write(entry.name, base + nameOffset, 'latin1');
    nameOffset += entry.name.length;
  });
}
