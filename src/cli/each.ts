import { GantryError } from '../base/errors.ts';
import type { Context } from './context.ts';
import { describe, ExitError } from './errors.ts';
import { Interrupted } from './interrupted.ts';

const mostAtOnce = 50;

interface EachOptions {
  /** Begins a last line that names those that failed. */
  summary?: string;
  /** Many at once; what is printed keeps the order of the names. */
  together?: boolean;
}

/** Does one thing to each name, prints what each resolves to, tells each failure, and fails at the end if one did. */
export async function each(context: Context, names: readonly string[], act: (name: string) => Promise<string | void>, options: EachOptions = {}): Promise<void> {
  const begin = options.together === true ? atOnce(names, act) : act;
  const failures: string[] = [];
  const failed: string[] = [];
  for (const name of names) {
    try {
      const line = await begin(name);
      if (line !== undefined) context.print(line);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      failures.push(describe(error));
      failed.push(name);
    }
  }
  if (options.summary !== undefined && failed.length > 0) failures.push(`${options.summary}: ${failed.join(', ')}`);
  if (failures.length > 0) throw new ExitError(1, failures.join('\n'));
}

/** Begins with the first names at once, and with another whenever one is done; each is done once, however often it is named. */
function atOnce(names: readonly string[], act: (name: string) => Promise<string | void>): (name: string) => Promise<string | void> {
  const waiting = new Map([...new Set(names)].map((name) => [name, Promise.withResolvers<string | void>()]));
  const queue = [...waiting];
  const next = (): void => {
    const [name, { resolve, promise }] = queue.shift() ?? [undefined, Promise.withResolvers<string | void>()];
    if (name === undefined) return;
    promise.catch(() => undefined);
    resolve(act(name).finally(next));
  };
  for (let begun = 0; begun < mostAtOnce; begun += 1) next();
  return async (name) => await waiting.get(name)?.promise;
}

/** A name as one segment of a path. @throws invalid where there is none */
export function segment(name: string, kind = 'container'): string {
  if (name.trim() === '') throw new GantryError('invalid', `invalid ${kind} name or ID: value is empty`);
  return encodeURIComponent(name.replace(/^\//, ''));
}
