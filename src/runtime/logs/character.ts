/**
 * How many bytes the UTF-8 character at `at` has, 2 to 4, of a text that ends before `end`; 0 when there is none: a byte that begins nothing, one that is
 * cut off, a longer form than needed, half of a surrogate pair, beyond U+10FFFF. As Go's utf8.DecodeRune: https://pkg.go.dev/unicode/utf8
 */
export function characterBytes(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || at + size > end) return 0;
  const second = bytes[at + 1]!;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let next = at + 2; next < at + size; next++) if ((bytes[next]! & 0xc0) !== 0x80) return 0;
  return size;
}
