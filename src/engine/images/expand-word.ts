import { GantryError } from '../../base/errors.ts';

/** Of a `${name<modifier>word}`: what stands in the place of a variable. */
const modifiers: Readonly<Record<string, (value: string | undefined, word: string, name: string) => string>> = {
  ':-': (value, word) => value || word,
  '-': (value, word) => value ?? word,
  ':+': (value, word) => (value ? word : ''),
  '+': (value, word) => (value === undefined ? '' : word),
  ':?': (value, word, name) => value || missing(name, word, 'is not allowed to be empty'),
  '?': (value, word, name) => value ?? missing(name, word, 'is not allowed to be unset'),
};

/** Splits at blanks outside quotes; quotes and backslashes stay, for `expandWord`. */
export function splitWords(text: string): string[] {
  const found: string[] = [];
  let word = '';
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const letter = text[index] as string;
    if (quote === '' && /\s/.test(letter)) {
      if (word !== '') found.push(word);
      word = '';
      continue;
    }
    word += letter;
    if (letter === '\\' && quote !== "'" && index + 1 < text.length) word += text[++index] as string;
    else if (letter === quote) quote = '';
    else if (quote === '' && (letter === '"' || letter === "'")) quote = letter;
  }
  return word === '' ? found : [...found, word];
}

/**
 * A word of an instruction as the Dockerfile means it: quotes and backslashes are taken away, and outside single quotes a variable's value takes its place.
 * @param env `NAME=value` each
 * @throws invalid on an open quote or brace
 */
export function expandWord(word: string, env: readonly string[]): string {
  const values = new Map(env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  try {
    return new Expansion(word, values).until('');
  } catch (cause) {
    throw new GantryError('invalid', `failed to process ${JSON.stringify(word)}: ${(cause as Error).message}`, { cause });
  }
}

class Expansion {
  readonly #text: string;
  readonly #values: ReadonlyMap<string, string>;
  #at = 0;

  constructor(text: string, values: ReadonlyMap<string, string>) {
    this.#text = text;
    this.#values = values;
  }

  /** What comes before `end`, which is passed over; all that is left where `end` is empty. */
  until(end: '' | '"' | '}'): string {
    let found = '';
    while (this.#at < this.#text.length) {
      const letter = this.#text[this.#at++] as string;
      if (letter === end) return found;
      if (letter === '$') found += this.#variable();
      else if (letter === '\\') found += this.#escaped(end === '"');
      else if (letter === "'" && end !== '"') found += this.#literal();
      else if (letter === '"') found += this.until('"');
      else found += letter;
    }
    if (end !== '') throw invalid(end === '"' ? 'unexpected end of statement while looking for matching double-quote' : 'syntax error: missing }');
    return found;
  }

  #literal(): string {
    const end = this.#text.indexOf("'", this.#at);
    if (end < 0) throw invalid('unexpected end of statement while looking for matching single-quote');
    const found = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return found;
  }

  /** Between double quotes a backslash stands for itself, save before what would mean something there. */
  #escaped(isQuoted: boolean): string {
    const next = this.#text[this.#at];
    if (next === undefined) return isQuoted ? '\\' : '';
    this.#at++;
    return isQuoted && !['"', '$', '\\'].includes(next) ? `\\${next}` : next;
  }

  #variable(): string {
    const isBraced = this.#text[this.#at] === '{';
    const rest = this.#text.slice(isBraced ? this.#at + 1 : this.#at);
    const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(rest)?.[0];
    if (name === undefined) {
      if (isBraced) throw invalid(rest.startsWith('}') ? 'syntax error: bad substitution' : `unsupported modifier (${rest.slice(0, 1)}) in substitution`);
      return '$';
    }
    this.#at += name.length + Number(isBraced);
    const value = this.#values.get(name);
    if (!isBraced) return value ?? '';
    const modifier = /^:?[-+?]/.exec(this.#text.slice(this.#at))?.[0];
    if (modifier !== undefined) {
      this.#at += modifier.length;
      return modifiers[modifier]!(value, this.until('}'), name);
    }
    if (this.#text[this.#at] === undefined) throw invalid('syntax error: missing }');
    if (this.#text[this.#at] !== '}') throw invalid(`unsupported modifier (${this.#text[this.#at]}) in substitution`);
    this.#at++;
    return value ?? '';
  }
}

function missing(name: string, word: string, otherwise: string): never {
  throw invalid(`${name}: ${word || otherwise}`);
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
