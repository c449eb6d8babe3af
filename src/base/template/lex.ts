/** Go's text/template, as far as docker's `--format` uses it. https://pkg.go.dev/text/template */
export type Token =
  | { kind: 'text'; text: string; at: number }
  | { kind: 'open' | 'close'; at: number }
  /** What cannot be read ends the list: it is told when the parser comes to it, and not if something before it is wrong already. */
  | { kind: 'error'; error: TemplateError; at: number }
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
  try {
    lexInto(tokens, source);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    tokens.push({ kind: 'error', error, at: source.length });
  }
  return tokens;
}

function lexInto(tokens: Token[], source: string): void {
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
    const inside = open + (trimsBefore ? 4 : 2);
    const isComment = source.startsWith('/*', inside);
    if (!isComment) tokens.push({ kind: 'open', at: open });
    const action = isComment ? lexComment(source, inside) : lexAction(tokens, source, trimsBefore ? inside - 1 : inside);
    if (!isComment) tokens.push({ kind: 'close', at: action.end });
    trimNext = action.trimsAfter;
    at = action.end;
  }
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

interface Action { end: number; trimsAfter: boolean }

function lexComment(source: string, start: number): Action {
  const end = source.indexOf('*/', start);
  if (end < 0) throw new TemplateError(`${lineOf(source, start)}: unclosed comment`);
  const closing = /(\s+-)?\}\}/y;
  closing.lastIndex = end + 2;
  const closed = closing.exec(source);
  if (closed === null) throw new TemplateError(`${lineOf(source, start)}: comment ends before closing delimiter`);
  return { end: closing.lastIndex, trimsAfter: closed[1] !== undefined };
}

function lexAction(tokens: Token[], source: string, start: number): Action {
  let at = start;
  let depth = 0;
  for (;;) {
    const gap = /\s*/y;
    gap.lastIndex = at;
    gap.exec(source);
    const spaced = gap.lastIndex > at;
    at = gap.lastIndex;
    if (spaced && source.startsWith('-}}', at)) return { end: at + 3, trimsAfter: true };
    if (source.startsWith('}}', at)) return { end: at + 2, trimsAfter: false };
    if (at >= source.length) throw new TemplateError(`${lineOf(source, start)}: unclosed action`);
    const { token, end } = lexToken(source, at, spaced);
    if (token.kind === 'symbol') depth += { '(': 1, ')': -1 }[token.text] ?? 0;
    if (depth < 0) throw new TemplateError(`${lineOf(source, at)}: unexpected right paren`);
    tokens.push(token);
    at = end;
  }
}

function lexToken(source: string, at: number, spaced: boolean): { token: Token; end: number } {
  for (const [kind, shape] of shapesFor(source)) {
    shape.lastIndex = at;
    const text = shape.exec(source)?.[0];
    if (text === undefined) continue;
    const end = at + text.length;
    const after = source[end] ?? '';
    if (kind === 'number') {
      if (/\w/.test(after)) throw new TemplateError(`${lineOf(source, at)}: bad number syntax: ${JSON.stringify(text + after)}`);
      return { token: { kind, text, value: numberIn(text), at, spaced }, end };
    }
    if (kind === 'string' && text.startsWith("'")) return { token: { kind: 'number', text, value: characterIn(source, text, at), at, spaced }, end };
    if (kind === 'string') return { token: { kind, text: unquote(text), at, spaced }, end };
    if (kind !== 'symbol' && !endsWord(source, end)) throw new TemplateError(`${lineOf(source, at)}: bad character ${named(after)}`);
    return { token: { kind, text, at, spaced } as Token, end };
  }
  const found = source[at] ?? '';
  const unclosed = { '"': 'unterminated quoted string', '`': 'unterminated raw quoted string', "'": 'unterminated character constant' }[found];
  if (unclosed !== undefined) throw new TemplateError(`${lineOf(source, at)}: ${unclosed}`);
  // What cannot begin a word is a symbol of its own, at which the parser stumbles.
  if (/[\x20-\x7e]/.test(found)) return { token: { kind: 'symbol', text: found, at, spaced }, end: at + 1 };
  throw new TemplateError(`${lineOf(source, at)}: unrecognized character in action: ${named(found)}`);
}

/** What may follow a name, a variable or a field. */
function endsWord(source: string, at: number): boolean {
  return at >= source.length || source.startsWith('}}', at) || /[\s.,|:()]/.test(source[at] ?? '');
}

/** A character as Go's `%#U` shows it. */
function named(letter: string): string {
  return `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${letter}'`;
}

function characterIn(source: string, text: string, at: number): number {
  const letters = [...unquote(text)];
  if (letters.length !== 1) throw new TemplateError(`${lineOf(source, at)}: malformed character constant: ${text}`);
  return letters[0]?.codePointAt(0) ?? 0;
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
