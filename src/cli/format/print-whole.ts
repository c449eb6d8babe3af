import type { Context } from '../context.ts';

/** Prints what a template makes of a whole; docker's client ends the line even where that fails. */
export function printWhole(context: Context, make: () => string): void {
  try {
    context.print(make());
  } catch (error) {
    context.print('');
    throw error;
  }
}
