/** Go's text/template, as far as docker's `--format` uses it. https://pkg.go.dev/text/template */
export type Token =
  | { kind: 'text'; text: string; at: number }
  | { kind: 'open' | 'close'; at: number }
  | { kind: 'string' | 'field' | 'variable' | 'name' | 'symbol'; text: string; at: number; spaced: boolean }
  | { kind: 'number'; value: number; text: string; at: number; spaced: boolean };

export class TemplateError extends Error {}

export function lineOf(source: string, at: number): string {
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  return `template: :${line}`;
}

/** Splits a template into text and the tokens of its actions; trim markers and comments are dealt with here. */
export function lex(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    let text = source.slice(at, open < 0 ? source.length : open);
    if (trimNext) text = text.trimStart();
    if (open < 0) {
      if (text !== '') tokens.push({ kind: 'text', text, at });
      break;
    }
    const trimsBefore = /^\{\{-\s/.test(source.slice(open, open + 4));
    if (trimsBefore) text = text.trimEnd();
    if (text !== '') tokens.push({ kind: 'text', text, at });
    const action = lexAction(source, open + (trimsBefore ? 3 : 2));
    if (!action.comment) tokens.push({ kind: 'open', at: open }, ...action.tokens, { kind: 'close', at: action.end });
    trimNext = action.trimsAfter;
    at = action.end;
  }
  return tokens;
}

type Shape = readonly [Token['kind'], RegExp];

const plainShapes: readonly Shape[] = [
  ['string', /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'/y],
  ['number', /[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y],
  ['field', /\.[A-Za-z_]\w*/y],
  ['variable', /\$\w*/y],
  ['name', /[A-Za-z_]\w*/y],
  ['symbol', /:=|[|(),=.]/y],
];

let letterShapes: readonly Shape[] | undefined;

/** Names may have letters of any script; the patterns for those take long to build, and few templates need them. */
function shapesFor(source: string): readonly Shape[] {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(source)) return plainShapes;
  letterShapes ??= plainShapes.map(([kind, shape]): Shape => {
    const wide: Partial<Record<Token['kind'], RegExp>> = { field: /\.[\p{L}_][\p{L}\p{N}_]*/uy, variable: /\$[\p{L}\p{N}_]*/uy, name: /[\p{L}_][\p{L}\p{N}_]*/uy };
    return [kind, wide[kind] ?? shape];
  });
  return letterShapes;
}

function lexAction(source: string, start: number): { tokens: Token[]; end: number; trimsAfter: boolean; comment?: boolean } {
  const comment = /\s*\/\*[\s\S]*?\*\/(\s+-)?\}\}/y;
  comment.lastIndex = start;
  const commented = comment.exec(source);
  if (commented !== null) return { tokens: [], end: comment.lastIndex, trimsAfter: commented[1] !== undefined, comment: true };
  const tokens: Token[] = [];
  let at = start;
  for (;;) {
    const gap = /\s*/y;
    gap.lastIndex = at;
    gap.exec(source);
    const spaced = gap.lastIndex > at;
    at = gap.lastIndex;
    if (spaced && source.startsWith('-}}', at)) return { tokens, end: at + 3, trimsAfter: true };
    if (source.startsWith('}}', at)) return { tokens, end: at + 2, trimsAfter: false };
    if (at >= source.length) throw new TemplateError(`${lineOf(source, start)}: unclosed action`);
    const token = lexToken(source, at, spaced);
    tokens.push(token.token);
    at = token.end;
  }
}

function lexToken(source: string, at: number, spaced: boolean): { token: Token; end: number } {
  for (const [kind, shape] of shapesFor(source)) {
    shape.lastIndex = at;
    const text = shape.exec(source)?.[0];
    if (text === undefined) continue;
    const end = at + text.length;
    if (kind === 'number') return { token: { kind, text, value: numberIn(text), at, spaced }, end };
    if (kind === 'string' && text.startsWith("'")) return { token: { kind: 'number', text, value: unquote(text).codePointAt(0) ?? 0, at, spaced }, end };
    if (kind === 'string') return { token: { kind, text: unquote(text), at, spaced }, end };
    return { token: { kind, text, at, spaced } as Token, end };
  }
  const found = source[at] ?? '';
  throw new TemplateError(found === '"' || found === '`' ? `${lineOf(source, at)}: unterminated quoted string` : `${lineOf(source, at)}: ${unexpected(found)}`);
}

function unexpected(letter: string): string {
  return letter === '}' ? "bad character U+007D '}'" : `unexpected ${JSON.stringify(letter)} in command`;
}

function numberIn(text: string): number {
  const plain = text.replaceAll('_', '');
  return plain.startsWith('-') ? -Number(plain.slice(1)) : Number(plain.replace(/^\+/, ''));
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unquote(text: string): string {
  const inside = text.slice(1, -1);
  if (text.startsWith('`')) return inside;
  return inside.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gu, (_, code: string) => {
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
    return escapes[code] ?? code;
  });
}
