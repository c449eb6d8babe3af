const backslash = 0x5c;
const quote = 0x22;
/** What follows a backslash, and what both stand for; `\u` is another matter. */
const short = new Uint8Array(128);
for (const [letter, meaning] of Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' })) short[letter.charCodeAt(0)] = meaning.charCodeAt(0);

/** Gives the place behind the text of a JSON string; undefined for what is none, and for halves of characters. */
export function unescapeInto(out: Buffer, place: number, { bytes, from, to }: { bytes: Buffer; from: number; to: number }): number | undefined {
  let at = place;
  for (let index = from; index < to;) {
    const byte = bytes[index]!;
    if (byte !== backslash) {
      if (byte === quote || byte < 0x20) return undefined;
      out[at++] = byte;
      index++;
      continue;
    }
    const letter = bytes[index + 1]!;
    if (index + 2 > to) return undefined;
    if (letter !== 0x75) {
      const meaning = letter < 0x80 ? short[letter]! : 0;
      if (meaning === 0) return undefined;
      out[at++] = meaning;
      index += 2;
      continue;
    }
    const code = index + 6 > to ? -1 : hexadecimal(bytes, index + 2);
    if (code < 0 || (code >= 0xd800 && code < 0xe000)) return undefined;
    at = putCode(out, at, code);
    index += 6;
  }
  return at;
}

/** Of four digits; -1 for what is none. */
function hexadecimal(bytes: Buffer, at: number): number {
  let code = 0;
  for (let index = at; index < at + 4; index++) {
    const byte = bytes[index]!;
    const letter = byte | 0x20;
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

/** As UTF-8, of what has at most four digits. */
function putCode(out: Buffer, place: number, code: number): number {
  let at = place;
  if (code < 0x80) {
    out[at++] = code;
  } else {
    if (code < 0x800) {
      out[at++] = 0xc0 | code >> 6;
    } else {
      out[at++] = 0xe0 | code >> 12;
      out[at++] = 0x80 | code >> 6 & 0x3f;
    }
    out[at++] = 0x80 | code & 0x3f;
  }
  return at;
}
