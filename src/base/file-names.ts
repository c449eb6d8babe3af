/**
 * Names of files as text. Linux takes any bytes but `/` and zero; JavaScript's UTF-8 would turn the others into U+FFFD. A byte that is no
 * part of valid UTF-8 becomes a lone low surrogate, U+DC00 + byte, and comes back as that byte (as Python's surrogateescape does), so
 * that names keep their bytes and are strings all the same. At the API they are shown by `toWellFormed()`: U+FFFD for each such byte, as Docker does.
 */
export function decodeName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  // U+FFFD may also stand in the name itself.
  return text.includes('\ufffd') ? decodePieces(bytes) : text;
}

/** The bytes that decodeName() was given. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  return Buffer.concat([...name].map((character) => {
    const code = character.codePointAt(0) as number;
    return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code & 0xff]) : Buffer.from(character, 'utf8');
  }));
}

function decodePieces(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceAt(bytes, at);
    text += length === 0 ? String.fromCharCode(0xdc00 | (bytes[at] as number)) : bytes.toString('utf8', at, at + length);
    at += length || 1;
  }
  return text;
}

/** Bytes of the valid UTF-8 sequence at `at`, 0 when there is none. https://datatracker.ietf.org/doc/html/rfc3629#section-4 */
function sequenceAt(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1] as number;
  const [low, high] = secondBytes[first] ?? [0x80, 0xbf];
  if (second < low || second > high) return 0;
  for (let index = 2; index < length; index++) if (((bytes[at + index] as number) & 0xc0) !== 0x80) return 0;
  return length;
}

/** What may follow the first bytes that allow less than 80 to BF: no surrogates, nothing in more bytes than it needs, nothing above U+10FFFF. */
const secondBytes: Readonly<Record<number, readonly [number, number]>> = { 0xe0: [0xa0, 0xbf], 0xed: [0x80, 0x9f], 0xf0: [0x90, 0xbf], 0xf4: [0x80, 0x8f] };
