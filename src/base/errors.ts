/**
 * The one error class. `kind` is a closed set; `api/server` maps it to an HTTP status in one table.
 * Foreign errors (errno, registry codes, exit codes of the runtime) are translated where they enter.
 */
export type ErrorKind =
  | 'invalid' // 400
  | 'unauthorized' // 401
  | 'forbidden' // 403
  | 'notFound' // 404
  | 'conflict' // 409
  | 'notModified' // 304
  | 'unavailable' // 503
  | 'notImplemented' // 501
  | 'cancelled' // 499
  | 'exhausted' // 500: disk, addresses, descriptors
  | 'internal'; // 500

const brand = Symbol.for('gantry.error');

export class GantryError extends Error {
  readonly [brand] = true;
  readonly kind: ErrorKind;
  /** What the person can do next, in one sentence; shown by the CLI on its own line. */
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GantryError';
    this.kind = kind;
    this.hint = options.hint;
  }
}

/** Recognised by brand, so that an error from another copy of this module counts too. */
export function isGantryError(value: unknown): value is GantryError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

export function hasKind(value: unknown, kind: ErrorKind): boolean {
  return isGantryError(value) && value.kind === kind;
}

/** What a machine runs out of, or can do no more. */
const shortages: Record<string, string> = {
  ENOSPC: 'no space left on device', EDQUOT: 'disk quota exceeded', EROFS: 'read-only file system', EIO: 'input/output error',
  EMFILE: 'too many open files', ENFILE: 'too many open files in system', ENOMEM: 'cannot allocate memory',
};

/** The machine's state and no fault of a program: a full disk, a broken one, no more descriptors or memory. */
export function isShortage(value: unknown): boolean {
  return shortages[errnoOf(value) ?? ''] !== undefined;
}

/** The text of anything that was thrown. A shortage is told in Docker's order of words, not Node's: `mkdir /x: no space left on device`. */
export function messageOf(value: unknown): string {
  if (!(value instanceof Error)) return String(value);
  const code = errnoOf(value) ?? '';
  const words = shortages[code];
  if (words === undefined) return value.message;
  const [, call] = new RegExp(`^${code}: [^,]*, (.*)$`, 's').exec(value.message) ?? [];
  return call === undefined ? value.message.replace(`: ${code}`, `: ${words}`) : `${call.replaceAll("'", '')}: ${words}`;
}

/** The errno name (`ENOENT`) of a Node or `host/` error, if it has one. */
export function errnoOf(value: unknown): string | undefined {
  const code = (value as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
