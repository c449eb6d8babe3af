import { isGantryError, messageOf } from '../base/errors.ts';

/** Ends the program with a status; a message, if any, goes to stderr as it stands. */
export class ExitError extends Error {
  readonly status: number;
  constructor(status: number, message = '') {
    super(message);
    this.status = status;
  }
}

/** Raised by the API client for an answer >= 400: its text is the daemon's own. */
export function fromDaemon(error: unknown): boolean {
  return isGantryError(error) && typeof (error as { status?: unknown }).status === 'number';
}

/** One line of what happened, as docker words it. */
export function describe(error: unknown): string {
  return fromDaemon(error) ? `Error response from daemon: ${messageOf(error)}` : messageOf(error);
}

/** The line that says what to do next, if the error knows. */
export function hintOf(error: unknown): string | undefined {
  return isGantryError(error) ? error.hint : undefined;
}
