import type { Context } from './context.ts';
import { describe, ExitError } from './errors.ts';

/** Does one thing to each name in turn, prints what each resolves to, tells each failure, and fails at the end if one did. */
export async function each(context: Context, names: readonly string[], act: (name: string) => Promise<string | void>): Promise<void> {
  const failures: string[] = [];
  for (const name of names) {
    try {
      const line = await act(name);
      if (line !== undefined) context.print(line);
    } catch (error) {
      failures.push(describe(error));
    }
  }
  if (failures.length > 0) throw new ExitError(1, failures.join('\n'));
}

/** A name as one segment of a path. */
export function segment(name: string): string {
  return encodeURIComponent(name.replace(/^\//, ''));
}
