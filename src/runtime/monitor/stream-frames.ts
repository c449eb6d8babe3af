/** Docker's multiplexed stream: `[1 stdout | 2 stderr, 0, 0, 0, length u32 big endian]` before each chunk. */
export type OutputStream = 1 | 2;

export function frameHeader(stream: OutputStream, length: number): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(length, 4);
  return header;
}
