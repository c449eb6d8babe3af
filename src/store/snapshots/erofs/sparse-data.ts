import { blockBytes, noBlock } from './format.ts';
import type { IndexNode } from './node.ts';

/** The layer cannot be told as an index; it has to be extracted. The code survives the way out of a worker thread. */
export class NotIndexable extends Error {
  readonly code = notIndexable;
}
export const notIndexable = 'NOT_INDEXABLE';

/** More chunks than this make the index larger than it is worth. */
const maxChunks = 1 << 18;

/**
 * A sparse file as chunks of the tar and holes. The tar holds the parts one behind the other, so a part may begin inside a file at a
 * multiple of the chunk only. @throws NotIndexable when the parts do not fall on blocks, or too many chunks would be needed.
 */
export function sparseData(file: { size: number; parts: readonly { offset: number; size: number }[]; offset: number; name: string }): NonNullable<IndexNode['chunks']> {
  const chunkBits = commonChunkBits(file.parts, file.size);
  if (chunkBits < 0) throw new NotIndexable(`the parts of ${file.name} do not fall on blocks`);
  const chunk = blockBytes * 2 ** chunkBits;
  const count = Math.ceil(file.size / chunk);
  if (count > maxChunks) throw new NotIndexable(`${file.name} has too many parts`);
  const blocks = new Array<number>(count).fill(noBlock);
  let at = file.offset;
  for (const part of file.parts) {
    for (let done = 0; done < part.size; done += chunk) blocks[(part.offset + done) / chunk] = (at + done) / blockBytes;
    at += part.size;
  }
  return { bits: chunkBits, blocks };
}

/** The largest chunk that every part begins on, and that every part but one at the end of the file fills; -1 when a block does not. */
function commonChunkBits(parts: readonly { offset: number; size: number }[], size: number): number {
  for (let bits = 12; bits >= 0; bits--) {
    const chunk = blockBytes * 2 ** bits;
    if (parts.every((part, index) => part.offset % chunk === 0 && (part.size % chunk === 0 || (index === parts.length - 1 && part.offset + part.size === size)))) return bits;
  }
  return -1;
}
