import { booleanComplaint, parseBoolean } from '../../base/parse-boolean.ts';

/**
 * A flag as a value: parsing, help, completion and the compatibility list all read the same declaration.
 * The semantics are those of pflag, which docker's people have in their fingers.
 */
export interface Flag<T> {
  /** The word shown for the value in help (`list`, `bytes`); empty for a switch. */
  readonly type: string;
  readonly short?: string;
  readonly summary: string;
  readonly initial: T;
  /** The value taken when the flag comes without one; absent where a value is required. */
  readonly bare?: string;
  /** The default as help shows it. */
  readonly shown?: string;
  readonly hidden?: boolean;
  /** Words that completion offers. */
  readonly choices?: readonly string[];
  /** Folds one more occurrence into what came before. Throws an Error whose message says what is wrong with the text. */
  parse(text: string, before: T): T;
}

// A table holds flags of every type; Values<> gives each its own again.
// oxlint-disable-next-line typescript/no-explicit-any
export type FlagTable = Readonly<Record<string, Flag<any>>>;

export type Values<F extends FlagTable> = { -readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

export interface FlagOptions {
  short?: string;
  hidden?: boolean;
  choices?: readonly string[];
  shown?: string;
  /** Replaces the type word in help. */
  type?: string;
}

export function bool(summary: string, options: FlagOptions & { initial?: boolean } = {}): Flag<boolean> {
  const { initial = false, ...rest } = options;
  return { type: '', bare: 'true', initial, summary, ...(initial ? { shown: 'true' } : {}), ...rest, parse: truth };
}

export function text(summary: string, options: FlagOptions & { initial?: string } = {}): Flag<string> {
  const { initial = '', ...rest } = options;
  return { type: 'string', initial, summary, ...(initial === '' ? {} : { shown: JSON.stringify(initial) }), ...rest, parse: (value) => value };
}

/** A repeatable flag; `check` validates (and may rewrite) each value. */
export function list(summary: string, options: FlagOptions & { check?: (value: string) => string } = {}): Flag<readonly string[]> {
  const { check = (value: string) => value, ...rest } = options;
  return { type: 'list', initial: [], summary, ...rest, parse: (value, before) => [...before, check(value)] };
}

export function custom<T>(summary: string, options: FlagOptions & { initial: T; parse: (text: string, before: T) => T }): Flag<T> {
  return { type: 'string', summary, ...options };
}

function truth(value: string): boolean {
  const found = parseBoolean(value);
  if (found === undefined) throw new Error(booleanComplaint(value));
  return found;
}
