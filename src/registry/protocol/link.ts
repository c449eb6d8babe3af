/** The target of the `rel="next"` entry of a `Link` header. https://www.rfc-editor.org/rfc/rfc8288#section-3 */
export function nextLink(header: string | undefined): string | undefined {
  for (const entry of (header ?? '').matchAll(/<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^\s",;]+))?)*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=[\s;]|$))/i.test(entry[2]!)) return entry[1];
  }
  return undefined;
}

export function formatNextLink(target: string): string {
  return `<${target}>; rel="next"`;
}
