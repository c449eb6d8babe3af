import type { Context } from './context.ts';
import type { FlagTable, Values } from './grammar/flag.ts';

/** How many positional arguments a command takes. */
export interface Arity { least: number; most: number }

export const none: Arity = { least: 0, most: 0 };
export const exactly = (count: number): Arity => ({ least: count, most: count });
export const atLeast = (least: number): Arity => ({ least, most: Infinity });
export const atMost = (most: number): Arity => ({ least: 0, most });
export const any: Arity = { least: 0, most: Infinity };

/** What the positional arguments name, for completion. */
export type Named = 'container' | 'running' | 'image' | 'network' | 'volume' | 'file' | 'nothing';

export interface Invocation<F extends FlagTable> {
  context: Context;
  flags: Values<F>;
  /** Long names of the flags that were written. */
  given: ReadonlySet<string>;
  args: readonly string[];
  /** The command as written, `gantry container run`. */
  path: string;
}

export interface Command<F extends FlagTable> {
  /** What follows the command's name: `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
  usage: string;
  flags: F;
  arity: Arity;
  /** False where everything after the first argument belongs to the container. */
  interspersed?: boolean;
  /** Exit code for failures that are not usage errors; 125 for run. */
  failure?: number;
  names?: Named;
  /** Pairs of what is achieved and the command line, shown in help. */
  examples?: readonly (readonly [purpose: string, line: string])[];
  /** Resolves to the exit code; nothing is 0. */
  run(invocation: Invocation<F>): Promise<number | void>;
}

// The tree holds commands of every flag table; each command checks its own.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyCommand = Command<any>;

/** Gives a command its precise flag types. */
export function define<F extends FlagTable>(definition: Command<F>): Command<F> {
  return definition;
}
