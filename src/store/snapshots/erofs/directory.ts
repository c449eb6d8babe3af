import { blockBytes, direntBytes, direntType } from './format.ts';
import type { IndexNode } from './node.ts';

/** What a directory holds, in the order of its names' bytes, `.` and `..` among them; and how many of them each of its blocks takes. */
export interface DirectoryPlan { names: readonly string[]; nodes: readonly IndexNode[]; blocks: readonly number[]; bytes: number }

/** A block has first the entries, then their names. Names are one character a byte. */
export function planDirectory(node: IndexNode, parent: IndexNode): DirectoryPlan {
  const children = node.children as Map<string, IndexNode>;
  const names = ['.', '..', ...children.keys()].sort();
  const nodes = names.map((name) => children.get(name) ?? (name === '.' ? node : parent));
  const blocks: number[] = [];
  let count = 0;
  let used = 0;
  for (const { length } of names) {
    const cost = direntBytes + length;
    if (used + cost > blockBytes) {
      blocks.push(count);
      count = 0;
      used = 0;
    }
    count += 1;
    used += cost;
  }
  blocks.push(count);
  return { names, nodes, blocks, bytes: (blocks.length - 1) * blockBytes + used };
}

/** Writes block after block where `placeOf` puts it. `numberOf` is told for an inode's position. */
export function writeDirectory(image: Buffer, plan: DirectoryPlan, { placeOf, numberOf }: { placeOf: (block: number) => number; numberOf: (position: number) => number }): void {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  let first = 0;
  plan.blocks.forEach((count, block) => {
    const base = placeOf(block);
    let nameOffset = count * direntBytes;
    for (let index = 0; index < count; index++) {
      const { position, mode } = plan.nodes[first + index] as IndexNode;
      const at = base + index * direntBytes;
      // The number has 64 bits, and the buffer is zeros.
      view.setUint32(at, numberOf(position), true);
      view.setUint16(at + 8, nameOffset, true);
      view.setUint8(at + 10, direntType(mode));
      nameOffset += (plan.names[first + index] as string).length;
    }
    image.write(plan.names.slice(first, first + count).join(''), base + count * direntBytes, 'latin1');
    first += count;
  });
}
