export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** By the first bytes, as names and media types are often wrong. Six bytes are enough. */
export function sniffCompression(head: Uint8Array): Compression {
  const begins = (...bytes: number[]): boolean => bytes.every((byte, index) => head[index] === byte);
  if (begins(0x1f, 0x8b)) return 'gzip';
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  // A zstd file may begin with a skippable frame.
  if ((head[0] ?? 0) >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return 'zstd';
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return 'xz';
  if (begins(0x42, 0x5a, 0x68)) return 'bzip2';
  return 'none';
}
