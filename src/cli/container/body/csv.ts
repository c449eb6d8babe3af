/** One record of comma-separated values; a field in double quotes may hold commas, and `""` is a quote. Throws Go's sentences. */
export function csvFields(text: string): string[] {
  if (text === '') throw new Error('EOF');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const quoted = /"((?:[^"]|"")*)"/y;
      quoted.lastIndex = at;
      const match = quoted.exec(text);
      if (match === null) throw new Error(`parse error on line 1, column ${text.length + 1}: extraneous or missing " in quoted-field`);
      fields.push((match[1] ?? '').replaceAll('""', '"'));
      at = quoted.lastIndex;
      if (at < text.length && text[at] !== ',') throw new Error(`parse error on line 1, column ${at + 1}: extraneous or missing " in quoted-field`);
    } else {
      const comma = text.indexOf(',', at);
      const field = text.slice(at, comma < 0 ? text.length : comma);
      const quote = field.indexOf('"');
      if (quote >= 0) throw new Error(`parse error on line 1, column ${at + quote + 1}: bare " in non-quoted-field`);
      fields.push(field);
      at += field.length;
    }
    if (at >= text.length) return fields;
    at += 1;
  }
}
