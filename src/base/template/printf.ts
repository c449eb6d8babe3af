import { formatted } from './values.ts';

/** Go's Sprintf for the verbs that make sense for JSON values: v d s q t x X o b c e f g T U, with flags, width and precision. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const take = (): unknown => args[next++];
  const text = format.replace(/%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(\S)|%/g, (whole, flags?: string, width?: string, precision?: string, verb?: string) => {
    if (verb === undefined) return '%!(NOVERB)';
    if (verb === '%') return '%';
    const wide = width === '*' ? Number(take()) : Number(width ?? 0);
    const exact = precision === '*' ? Number(take()) : precision === undefined ? (whole.includes('.') ? 0 : undefined) : Number(precision);
    if (next >= args.length) return `%!${verb}(MISSING)`;
    return padded(verbText(verb, take(), { flags: flags ?? '', precision: exact }), wide, flags ?? '');
  });
  const extra = args.slice(next);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.map((value) => `${typeName(value)}=${formatted(value)}`).join(', ')})`;
}

interface Style { flags: string; precision: number | undefined }

function verbText(verb: string, value: unknown, style: Style): string {
  const bad = (): string => `%!${verb}(${typeName(value)}=${formatted(value)})`;
  switch (verb) {
    case 'v': return style.flags.includes('#') && typeof value === 'string' ? JSON.stringify(value) : formatted(value);
    case 'T': return typeName(value);
    case 't': return typeof value === 'boolean' ? String(value) : bad();
    case 's': return eachItem(value, (item) => (typeof item === 'string' ? cut(item, style) : `%!s(${typeName(item)}=${formatted(item)})`));
    case 'q': return eachItem(value, (item) => (typeof item === 'string' ? JSON.stringify(cut(item, style)) : typeof item === 'number' ? `'${String.fromCodePoint(item)}'` : `%!q(${typeName(item)}=${formatted(item)})`));
    case 'x': case 'X': {
      const hex = typeof value === 'string' ? Buffer.from(value).toString('hex') : typeof value === 'number' ? value.toString(16) : undefined;
      if (hex === undefined) return bad();
      const lead = style.flags.includes('#') ? '0x' : '';
      return verb === 'X' ? (lead + hex).toUpperCase() : lead + hex;
    }
    default: return typeof value === 'number' ? numberText(verb, value, style) ?? bad() : bad();
  }
}

function numberText(verb: string, value: number, { flags, precision }: Style): string | undefined {
  const signed = (text: string): string => (flags.includes('+') && value >= 0 ? `+${text}` : flags.includes(' ') && value >= 0 ? ` ${text}` : text);
  switch (verb) {
    case 'd': return Number.isInteger(value) ? signed(String(value)) : undefined;
    case 'o': return value.toString(8);
    case 'b': return value.toString(2);
    case 'c': return String.fromCodePoint(value);
    case 'U': return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
    case 'f': case 'F': return signed(value.toFixed(precision ?? 6));
    case 'e': case 'E': return signed(value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, `${verb}$10$2`));
    case 'g': case 'G': return signed(precision === undefined ? String(value) : String(Number(value.toPrecision(precision || 1))));
    default: return undefined;
  }
}

function eachItem(value: unknown, show: (item: unknown) => string): string {
  return Array.isArray(value) ? `[${value.map(show).join(' ')}]` : show(value);
}

function cut(text: string, { precision }: Style): string {
  return precision === undefined ? text : [...text].slice(0, precision).join('');
}

function padded(text: string, width: number, flags: string): string {
  const length = [...text].length;
  if (length >= width) return text;
  if (flags.includes('-')) return text + ' '.repeat(width - length);
  if (!flags.includes('0')) return ' '.repeat(width - length) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(width - length) + text.slice(sign.length);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]string';
  return { string: 'string', number: 'int', boolean: 'bool' }[typeof value as string] ?? 'map[string]interface {}';
}
