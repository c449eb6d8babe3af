import { GantryError } from '../../base/errors.ts';
import type { Context } from '../context.ts';

/** The bytes of `ctrl-p,ctrl-q` or of single letters. Throws GantryError `invalid`. */
export function parseDetachKeys(text: string): Buffer {
  return Buffer.from(text.split(',').map((key) => {
    const control = /^ctrl-([a-zA-Z@[\\\]^_])$/.exec(key)?.[1];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 31;
    if (key.length === 1) return key.charCodeAt(0);
    throw new GantryError('invalid', `invalid detach keys (${text}): Unknown character: '${key}'`);
  }));
}

/** Finds the detach sequence in what is typed, over chunks. */
export class DetachWatch {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** What is to be passed on, and whether the sequence is complete. The start of a sequence is held back until it proves to be none. */
  feed(chunk: Buffer): { pass: Buffer; detached: boolean } {
    const pass: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched += 1;
        if (this.#matched === this.#keys.length) return { pass: Buffer.from(pass), detached: true };
        continue;
      }
      pass.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) pass.push(byte);
      else if (this.#keys.length === 1) return { pass: Buffer.from(pass), detached: true };
    }
    return { pass: Buffer.from(pass), detached: false };
  }
}

/** The sequence in force: the flag, else the configuration file, else ctrl-p ctrl-q. */
export function detachKeysOf(context: Context, flag: string): Buffer {
  return parseDetachKeys(flag || context.config.detachKeys || 'ctrl-p,ctrl-q');
}
