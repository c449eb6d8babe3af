import { GantryError, isGantryError, messageOf } from '../../base/errors.ts';

/** An error of the same kind, whose sentence begins with what was tried, and on what. */
export function tried(what: string, cause: unknown): GantryError {
  return new GantryError(isGantryError(cause) ? cause.kind : 'internal', `${what}: ${messageOf(cause)}`, { cause });
}

/** Does it, and lets every refusal of ours say what was tried; what nobody foresaw stays as it is. */
export function trying<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw isGantryError(cause) ? tried(what, cause) : cause;
  }
}
