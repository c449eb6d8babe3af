/** JSON as Go's encoder writes it without HTML escaping: methods count as what they give, and large integers keep their digits. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(item));
    return typeof item === 'function' ? (item as () => unknown)() : item;
  }) ?? 'null';
}
