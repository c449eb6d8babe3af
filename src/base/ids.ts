import { randomBytes } from 'node:crypto';

/** A new 64-digit hexadecimal id, as Docker's. Never all digits in its first 12, so it cannot be read as a number. */
export function newId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (!/^\d+$/.test(id.slice(0, 12))) return id;
  }
}

/** The 12 digits that people see. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
