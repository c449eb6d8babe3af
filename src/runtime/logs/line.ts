/**
 * One line of a json-file log, byte for byte as Docker writes it: log, stream, attrs, time in this order; `<`, `>`, `&`, the two
 * Unicode line separators and every control character but newline and carriage return as `\u00xx`.
 */
export type StreamName = 'stdout' | 'stderr';

const escaped = /["\\\u0000-\u001f<>&\u2028\u2029\ufffd]/g;

export function encodeLogLine(line: { log: string; stream: StreamName; attrs?: string; time: string }): string {
  const attrs = line.attrs === undefined ? '' : `,"attrs":${line.attrs}`;
  return `{"log":"${line.log.replace(escaped, escapeOne)}","stream":"${line.stream}"${attrs},"time":"${line.time}"}\n`;
}

function escapeOne(character: string): string {
  switch (character) {
    case '"': return '\\"';
    case '\\': return '\\\\';
    case '\n': return '\\n';
    case '\r': return '\\r';
    default: return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}

/** The `attrs` object: sorted keys, undefined when there is nothing to say. */
export function encodeAttributes(attributes: Record<string, string> | undefined): string | undefined {
  const entries = Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : JSON.stringify(Object.fromEntries(entries));
}
