/**
 * One line of a json-file log, byte for byte as Docker writes it: log, stream, attrs, time in this order; `<`, `>`, `&`, the two
 * Unicode line separators and every control character but newline and carriage return as `\u00xx`.
 */
export type StreamName = 'stdout' | 'stderr';

export function encodeLogLine(line: { log: string; stream: StreamName; attrs?: string; time: string }): string {
  return `{"log":"${escapeText(line.log).replaceAll('\n', '\\n')}${lineEnd(line)}`;
}

/** All but the newlines, so that it can be cut into lines afterwards. */
const escaped = /["\\\u0000-\u0009\u000b-\u001f<>&\u2028\u2029\ufffd]/g;

export function escapeText(text: string): string {
  return text.replace(escaped, escapeOne);
}

/** What stands behind the text of a line. */
export function lineEnd({ stream, attrs, time }: { stream: StreamName; attrs?: string; time: string }): string {
  return `","stream":"${stream}"${attrs === undefined ? '' : `,"attrs":${attrs}`},"time":"${time}"}\n`;
}

function escapeOne(character: string): string {
  switch (character) {
    case '"': return '\\"';
    case '\\': return '\\\\';
    case '\r': return '\\r';
    default: return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}

/** The `attrs` object: sorted keys, undefined when there is nothing to say. */
export function encodeAttributes(attributes: Record<string, string> | undefined): string | undefined {
  const entries = Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : JSON.stringify(Object.fromEntries(entries));
}
