/**
 * What Go's decoder says of a text that is no JSON: Docker's clients show these sentences. Walks the text once, and only when
 * `JSON.parse` has refused it.
 */
export function jsonSyntaxError(text: string): string {
  const scanner = new Scanner(text);
  try {
    scanner.value();
  } catch (error) {
    if (error instanceof SyntaxFound) return error.message;
    throw error;
  }
  return 'unexpected content after JSON';
}

class SyntaxFound extends Error {}

/** Deeper is no request: Go stops at the same depth. */
const deepest = 10_000;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): void {
    // Open arrays and objects, innermost last; no recursion, since the depth is the sender's.
    const open: ('[' | '{')[] = [];
    for (;;) {
      const opened = this.#begin();
      if (opened !== undefined) {
        if (open.push(opened) > deepest) throw new SyntaxFound('exceeded max depth');
        if (!this.#isNext(opened === '{' ? '}' : ']')) {
          if (opened === '{') this.#key();
          continue;
        }
        this.#at++;
        open.pop();
      }
      if (!this.#closed(open)) return;
    }
  }

  /** After a value: to the next one, or, when nothing is open any more, false. */
  #closed(open: ('[' | '{')[]): boolean {
    for (;;) {
      const inside = open.at(-1);
      if (inside === undefined) return false;
      const character = this.#next();
      if (character === ',') {
        if (inside === '{') this.#key();
        return true;
      }
      if (character !== (inside === '{' ? '}' : ']')) this.#refuse(inside === '{' ? 'after object key:value pair' : 'after array element');
      open.pop();
    }
  }

  /** Takes a scalar, or the bracket that opens more. */
  #begin(): '[' | '{' | undefined {
    const character = this.#next();
    if (character === '{' || character === '[') return character;
    if (character === '"') this.#string();
    else if (character === 't') this.#literal('true');
    else if (character === 'f') this.#literal('false');
    else if (character === 'n') this.#literal('null');
    else if (/[-0-9]/.test(character)) this.#number(character);
    else this.#refuse('looking for beginning of value');
    return undefined;
  }

  #key(): void {
    if (this.#next() !== '"') this.#refuse('looking for beginning of object key string');
    this.#string();
    if (this.#next() !== ':') this.#refuse('after object key');
  }

  #string(): void {
    for (;;) {
      const character = this.#take();
      if (character === '"') return;
      if (character < ' ') this.#refuse('in string literal');
      if (character !== '\\') continue;
      const escape = this.#take();
      if (!'"\\/bfnrtu'.includes(escape)) this.#refuse('in string escape code');
      if (escape !== 'u') continue;
      for (let digit = 0; digit < 4; digit++) if (!/[0-9a-f]/i.test(this.#take())) this.#refuse('in \\u hexadecimal character escape');
    }
  }

  #literal(word: string): void {
    for (const expected of word.slice(1)) {
      if (this.#take() !== expected) this.#refuse(`in literal ${word} (expecting '${expected}')`);
    }
  }

  #number(first: string): void {
    if (first === '-' && !/[0-9]/.test(first = this.#take())) this.#refuse('in numeric literal');
    if (first !== '0') this.#digits();
    if (this.#isHere('.')) {
      this.#at++;
      if (!/[0-9]/.test(this.#take())) this.#refuse('after decimal point in numeric literal');
      this.#digits();
    }
    if (!this.#isHere('e') && !this.#isHere('E')) return;
    this.#at++;
    if (this.#isHere('+') || this.#isHere('-')) this.#at++;
    if (!/[0-9]/.test(this.#take())) this.#refuse('in exponent of numeric literal');
    this.#digits();
  }

  #digits(): void {
    while (/^[0-9]$/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #isHere(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  #isNext(character: string): boolean {
    this.#skipSpace();
    return this.#isHere(character);
  }

  #next(): string {
    this.#skipSpace();
    return this.#take();
  }

  #skipSpace(): void {
    while (/^[ \t\r\n]$/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #take(): string {
    const character = this.#text[this.#at++];
    if (character === undefined) throw new SyntaxFound('unexpected EOF');
    return character;
  }

  /** The last character taken is wrong. Go quotes it as it quotes a rune. */
  #refuse(where: string): never {
    const character = this.#text[this.#at - 1]!;
    const quoted = character === "'" ? "'\\''" : character === '"' ? "'\"'" : `'${JSON.stringify(character).slice(1, -1)}'`;
    throw new SyntaxFound(`invalid character ${quoted} ${where}`);
  }
}
