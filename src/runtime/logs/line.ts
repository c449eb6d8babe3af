/**
 * One line of a json-file log, byte for byte as Docker writes it: log, stream, attrs, time in this order; `<`, `>`, `&`, the two
 * Unicode line separators and every control character but newline and carriage return as `\u00xx`.
 */
export type StreamName = 'stdout' | 'stderr';

export function encodeLogLine(line: { log: string; stream: StreamName; attrs?: string; time: string }): string {
  return `{"log":"${escapeText(line.log).replaceAll('\n', '\\n')}${lineEnd(line)}`;
}

const escaped = /["\\\u0000-\u0009\u000b-\u001f<>&\u2028\u2029\ufffd]/;

/**
 * All but the newlines, so that it can be cut into lines afterwards. Byte by byte: what is no text has something to escape everywhere, and a call for
 * each takes ten times longer.
 */
export function escapeText(text: string): string {
  if (!escaped.test(text)) return text;
  const bytes = Buffer.from(text);
  const out = Buffer.allocUnsafe(bytes.length * longestEscape);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    const escape = escapes[byte] ?? (byte < 0xe2 ? undefined : escapeOfThree(bytes, at));
    if (escape === undefined) {
      out[length] = byte;
      length += 1;
      continue;
    }
    for (let index = 0; index < escape.length; index += 1) out[length + index] = escape[index]!;
    length += escape.length;
    if (byte >= 0xe2) at += 2;
  }
  return out.toString('utf8', 0, length);
}

const longestEscape = 6;
const quoted = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
const shortOnes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\r': '\\r', '<': quoted(0x3c), '>': quoted(0x3e), '&': quoted(0x26) };

/** By their byte; undefined for what stays. */
const escapes = Array.from({ length: 256 }, (_, byte): Buffer | undefined => {
  const escape = shortOnes[String.fromCharCode(byte)] ?? (byte < 0x20 && byte !== 10 ? quoted(byte) : undefined);
  return escape === undefined ? undefined : Buffer.from(escape);
});

const lineSeparator = Buffer.from(quoted(0x2028));
const paragraphSeparator = Buffer.from(quoted(0x2029));
const replacement = Buffer.from(quoted(0xfffd));

/** Of U+2028, U+2029 and U+FFFD, which have three bytes each. */
function escapeOfThree(bytes: Buffer, at: number): Buffer | undefined {
  const [first, second, third] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  if (first === 0xef && second === 0xbf && third === 0xbd) return replacement;
  if (first !== 0xe2 || second !== 0x80) return undefined;
  return third === 0xa8 ? lineSeparator : third === 0xa9 ? paragraphSeparator : undefined;
}

/** What stands behind the text of a line. */
export function lineEnd({ stream, attrs, time }: { stream: StreamName; attrs?: string; time: string }): string {
  return `","stream":"${stream}"${attrs === undefined ? '' : `,"attrs":${attrs}`},"time":"${time}"}\n`;
}

/** The `attrs` object: sorted keys, undefined when there is nothing to say. */
export function encodeAttributes(attributes: Record<string, string> | undefined): string | undefined {
  const entries = Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : JSON.stringify(Object.fromEntries(entries));
}
