import type { Context } from './context.ts';
import { describe, ExitError } from './errors.ts';

/** Does one thing to each name in turn, prints what each resolves to, tells each failure, and fails at the end if one did. `summary` begins a last line that names those that failed. */
export async function each(context: Context, names: readonly string[], act: (name: string) => Promise<string | void>, options: { summary?: string } = {}): Promise<void> {
  const failures: string[] = [];
  const failed: string[] = [];
  for (const name of names) {
    try {
      const line = await act(name);
      if (line !== undefined) context.print(line);
    } catch (error) {
      failures.push(describe(error));
      failed.push(name);
    }
  }
  if (options.summary !== undefined && failed.length > 0) failures.push(`${options.summary}: ${failed.join(', ')}`);
  if (failures.length > 0) throw new ExitError(1, failures.join('\n'));
}

/** A name as one segment of a path. */
export function segment(name: string): string {
  return encodeURIComponent(name.replace(/^\//, ''));
}
