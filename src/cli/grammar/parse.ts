import type { Flag, FlagTable, Values } from './flag.ts';

export interface Parsed<F extends FlagTable> {
  flags: Values<F>;
  /** Long names of the flags that the person wrote. */
  given: ReadonlySet<string>;
  args: string[];
  /** `--help` was written; nothing after it was read. */
  help: boolean;
}

/** What pflag says of a command line that it cannot read. */
export class FlagError extends Error {}

export interface ParseOptions {
  /** Flags may follow positional arguments (false for `run`, `exec`: what follows belongs to the container). */
  interspersed: boolean;
}

/**
 * Reads a command line as pflag does: `--flag value`, `--flag=value`, `-it`, `-e=x`, `-ex`, `--bool=false`, `--`.
 * Long names are never abbreviated. Throws FlagError.
 */
export function parseFlags<F extends FlagTable>(table: F, argv: readonly string[], options: ParseOptions): Parsed<F> {
  const reader = new Reader(table, argv);
  const args: string[] = [];
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    if (word === '--') {
      args.push(...reader.rest());
    } else if (word.length > 1 && word.startsWith('-')) {
      if (word.startsWith('--')) reader.long(word);
      else reader.shorts(word);
      if (reader.help) break;
    } else {
      args.push(word);
      if (!options.interspersed) args.push(...reader.rest());
    }
  }
  return { flags: reader.values as Values<F>, given: reader.given, args, help: reader.help };
}

class Reader {
  readonly values: Record<string, unknown> = {};
  readonly given = new Set<string>();
  help = false;
  readonly #table: FlagTable;
  readonly #argv: readonly string[];
  readonly #byShort = new Map<string, string>();
  #at = 0;

  constructor(table: FlagTable, argv: readonly string[]) {
    this.#table = table;
    this.#argv = argv;
    for (const [name, flag] of Object.entries(table)) {
      this.values[name] = flag.initial;
      if (flag.short !== undefined) this.#byShort.set(flag.short, name);
    }
  }

  next(): string | undefined {
    const word = this.#argv[this.#at];
    this.#at += 1;
    return word;
  }

  rest(): string[] {
    const words = this.#argv.slice(this.#at);
    this.#at = this.#argv.length;
    return words;
  }

  long(word: string): void {
    const body = word.slice(2);
    if (body.startsWith('-') || body.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
    const equals = body.indexOf('=');
    const name = equals < 0 ? body : body.slice(0, equals);
    const flag = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
    if (flag === undefined) {
      if (name !== 'help') throw new FlagError(`unknown flag: --${name}`);
      this.help = true;
    } else if (equals >= 0) this.#set(name, flag, body.slice(equals + 1));
    else if (flag.bare !== undefined) this.#set(name, flag, flag.bare);
    else this.#set(name, flag, this.#value(`flag needs an argument: --${name}`));
  }

  shorts(word: string): void {
    let letters = word.slice(1);
    while (letters !== '') {
      const letter = [...letters][0] ?? '';
      const after = letters.slice(letter.length);
      const name = this.#byShort.get(letter);
      const flag = name === undefined ? undefined : this.#table[name];
      if (name === undefined || flag === undefined) {
        if (letter === 'h') { this.help = true; return; }
        throw new FlagError(`unknown shorthand flag: '${letter}' in -${letters}`);
      }
      if (after.length > 1 && after.startsWith('=')) return this.#set(name, flag, after.slice(1));
      if (flag.bare !== undefined) this.#set(name, flag, flag.bare);
      else return this.#set(name, flag, after !== '' ? after : this.#value(`flag needs an argument: '${letter}' in -${letters}`));
      letters = after;
    }
  }

  #value(complaint: string): string {
    const word = this.next();
    if (word === undefined) throw new FlagError(complaint);
    return word;
  }

  #set(name: string, flag: Flag<unknown>, text: string): void {
    try {
      this.values[name] = flag.parse(text, this.values[name]);
    } catch (error) {
      const shown = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
      throw new FlagError(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${(error as Error).message}`);
    }
    this.given.add(name);
  }
}
