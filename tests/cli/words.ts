/** Words apart by spaces; double quotes hold words together, and a backslash in them keeps the next character as it is; so do single quotes, for all. */
export function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(([, quoted, raw, bare]) => bare ?? raw ?? (quoted ?? '').replace(/\\(.)/g, '$1'));
}

/** The lines of a table; empty ones and those that begin with a number sign are left out. */
export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
