const PT_INTERP = 3;

/** Whether a 64-bit little-endian ELF program runs without a dynamic loader, so that it works alone in an image. Source: elf(5). */
export function isStaticExecutable(file: Buffer): boolean {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) return false;
  const tableOffset = Number(file.readBigUInt64LE(32));
  const entrySize = file.readUInt16LE(54);
  const entries = file.readUInt16LE(56);
  if (entries === 0 || tableOffset + entries * entrySize > file.length) return false;
  for (let index = 0; index < entries; index++) {
    if (file.readUInt32LE(tableOffset + index * entrySize) === PT_INTERP) return false;
  }
  return true;
}
