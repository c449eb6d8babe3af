/** What a stranger wrote, made fit for a terminal: no control characters, no more than `longest` characters. */
export function printable(text: string, longest = 500): string {
  // oxlint-disable-next-line no-control-regex
  return text.slice(0, longest).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
