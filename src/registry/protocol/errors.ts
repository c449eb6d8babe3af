import { printable } from './printable.ts';

/**
 * The closed set of error codes a registry answers with, and the body that carries them.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
const codes = {
  BLOB_UNKNOWN: [404, 'blob unknown to registry'],
  BLOB_UPLOAD_INVALID: [400, 'blob upload invalid'],
  BLOB_UPLOAD_UNKNOWN: [404, 'blob upload unknown to registry'],
  DIGEST_INVALID: [400, 'provided digest did not match uploaded content'],
  MANIFEST_BLOB_UNKNOWN: [404, 'manifest references a manifest or blob unknown to registry'],
  MANIFEST_INVALID: [400, 'manifest invalid'],
  MANIFEST_UNKNOWN: [404, 'manifest unknown to registry'],
  NAME_INVALID: [400, 'invalid repository name'],
  NAME_UNKNOWN: [404, 'repository name not known to registry'],
  SIZE_INVALID: [400, 'provided length did not match content length'],
  UNAUTHORIZED: [401, 'authentication required'],
  DENIED: [403, 'requested access to the resource is denied'],
  UNSUPPORTED: [405, 'the operation is unsupported'],
  TOOMANYREQUESTS: [429, 'too many requests'],
  UNKNOWN: [500, 'unknown error'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type RegistryErrorCode = keyof typeof codes;

export interface RegistryErrorEntry {
  /** Upper case; not always one of ours when it comes from another registry. */
  code: string;
  message: string;
  detail?: unknown;
}

/** The HTTP status that goes with `code` unless a row of the specification says otherwise. */
export function statusOf(code: RegistryErrorCode): number {
  return codes[code][0];
}

export function errorBody(code: RegistryErrorCode, message: string = codes[code][1], detail?: unknown): string {
  return JSON.stringify({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] });
}

/** Entries of an error body; none when it is not one. Token servers answer `{ details }` or `{ error_description }`: read too. */
export function parseErrorBody(body: string): RegistryErrorEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null) return [];
  const { errors, details, error_description: description } = parsed as Record<string, unknown>;
  if (Array.isArray(errors)) return errors.slice(0, 10).flatMap(entryOf);
  const text = typeof description === 'string' ? description : details;
  return typeof text === 'string' ? [{ code: 'UNKNOWN', message: printable(text) }] : [];
}

function entryOf(value: unknown): RegistryErrorEntry[] {
  if (typeof value !== 'object' || value === null) return [];
  const { code, message, detail } = value as Record<string, unknown>;
  if (typeof code !== 'string') return [];
  return [{ code: printable(code), message: typeof message === 'string' ? printable(message) : '', detail }];
}
