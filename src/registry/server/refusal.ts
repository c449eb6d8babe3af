import { errnoOf, hasKind } from '../../base/errors.ts';
import { errorBody, statusOf, type RegistryErrorCode } from '../protocol/errors.ts';

/** An answer of the protocol that is an error. Thrown by handlers, written in one place. */
export class Refusal extends Error {
  readonly code: RegistryErrorCode;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(code: RegistryErrorCode, message?: string, options: { status?: number; headers?: Record<string, string> } = {}) {
    super(message ?? code);
    this.code = code;
    this.status = options.status ?? statusOf(code);
    this.headers = options.headers ?? {};
  }

  get body(): string {
    return errorBody(this.code, this.message === this.code ? undefined : this.message);
  }
}

/** A disk without room is no fault of the registry's code: 507, so that a client stops, or waits for somebody to make room. */
export function diskFull(error: unknown): Refusal | undefined {
  const isFull = hasKind(error, 'exhausted') || ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
  return isFull ? new Refusal('UNKNOWN', 'no space left on the disk of the registry', { status: 507 }) : undefined;
}
