import type { Context } from '../../context.ts';
import { decimalSize } from '../../format/sizes.ts';

const refreshMs = 75;

/** Counts what passes, and shows it on a terminal meanwhile; what was shown is erased at the end. */
export class Counter implements Disposable {
  bytes = 0;
  readonly #context: Context;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(context: Context, options: { header: string; quiet: boolean }) {
    this.#context = context;
    if (options.quiet || !context.stderr.isTTY) return;
    let shown = -1;
    this.#timer = setInterval(() => {
      if (this.bytes === shown) return;
      shown = this.bytes;
      context.stderr.write(`\r\x1b[K${options.header}${decimalSize(shown)}`);
    }, refreshMs);
  }

  async *through(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#context.stderr.write('\r\x1b[K');
  }
}
