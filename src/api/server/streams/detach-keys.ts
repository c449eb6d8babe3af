import { Transform, type TransformCallback } from 'node:stream';

const defaultKeys = Uint8Array.of(16, 17); // ctrl-p, ctrl-q

/** The bytes of a sequence such as `ctrl-p,ctrl-q` or `ctrl-x,a`; "" is the default one. Undefined when it is none. */
export function parseDetachKeys(text: string): Uint8Array | undefined {
  if (text === '') return defaultKeys;
  const keys = text.split(',').map(keyByte);
  return keys.every((key) => key !== undefined) ? Uint8Array.from(keys) : undefined;
}

function keyByte(key: string): number | undefined {
  if (key.length === 1 && key.charCodeAt(0) < 128) return key.charCodeAt(0);
  const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key)?.[1];
  if (control === undefined) return key === 'DEL' ? 127 : undefined;
  return control.toUpperCase().charCodeAt(0) - 64;
}

/**
 * Passes stdin on and looks for the detach sequence: bytes that may begin it are held back until the next one tells.
 * When it is complete, `detached` is emitted, and nothing more comes through.
 */
export class DetachFilter extends Transform {
  readonly #keys: Uint8Array;
  #held = 0;
  #done = false;

  constructor(keys: Uint8Array) {
    super();
    this.#keys = keys;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    if (this.#done) return done();
    const passed: Buffer[] = [];
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      if (chunk[index] === this.#keys[this.#held]) {
        if (this.#held === 0) passed.push(chunk.subarray(start, index));
        this.#held += 1;
        start = index + 1;
      } else if (this.#held > 0) {
        passed.push(Buffer.from(this.#keys.subarray(0, this.#held)));
        this.#held = 0;
        start = index;
        // The byte that broke the sequence may begin it anew.
        index -= 1;
      }
      if (this.#held === this.#keys.length) {
        this.#done = true;
        break;
      }
    }
    if (!this.#done && this.#held === 0) passed.push(chunk.subarray(start));
    for (const part of passed) if (part.length > 0) this.push(part);
    done();
    if (this.#done) this.emit('detached');
  }

  override _flush(done: TransformCallback): void {
    if (!this.#done && this.#held > 0) this.push(Buffer.from(this.#keys.subarray(0, this.#held)));
    done();
  }
}
