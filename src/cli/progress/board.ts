import type { ProgressMessage } from './progress-message.ts';
import { percentOf, progressText, type Progress } from './progress-text.ts';

/** What a board needs of a terminal. Both sizes may be missing or 0 where it does not say them. */
export type Terminal = Pick<NodeJS.WriteStream, 'write'> & { readonly columns?: number; readonly rows?: number };

interface Meter { startedAt: number; from: number; status: string }

/**
 * A line for each id, drawn anew in its place. No line is as wide as the terminal, so none wraps and each is one row. One that has scrolled
 * out of reach gets a new line below; so does every line once the terminal has become narrower than what was drawn, since nobody knows into
 * how many rows it was broken. Between two messages the cursor rests at the beginning of the row below all.
 */
export class Board {
  readonly #to: Terminal;
  readonly #lines = new Map<string, { row: number; text: string }>();
  readonly #meters = new Map<string, Meter>();
  /** Rows below the first line. */
  #rows = 0;
  #widest = 0;

  constructor(to: Terminal) {
    this.#to = to;
  }

  show(message: ProgressMessage): void {
    const { id, status = '', stream } = message;
    if (stream !== undefined || id === undefined) {
      this.#to.write(stream ?? `${status}\n`);
      this.#begin();
      return;
    }
    const columns = this.#to.columns || 80;
    if (columns <= this.#widest) this.#begin();
    this.#draw(id, lineOf({ id, status, progress: this.#progress(id, message) }, columns - 1));
  }

  /** What is drawn stays as it is. */
  #begin(): void {
    this.#lines.clear();
    this.#rows = 0;
    this.#widest = 0;
  }

  #draw(id: string, text: string): void {
    const line = this.#lines.get(id);
    if (line?.text === text) return;
    const up = line === undefined ? Infinity : this.#rows - line.row;
    this.#widest = Math.max(this.#widest, text.length);
    if (line === undefined || up >= (this.#to.rows || 24)) {
      this.#lines.set(id, { row: this.#rows, text });
      this.#rows += 1;
      this.#to.write(`${text}\n`);
    } else {
      line.text = text;
      this.#to.write(`\x1b[${up}A\r\x1b[2K${text}\x1b[${up}B\r`);
    }
  }

  /** The clock of a meter starts with its first bytes. */
  #progress(id: string, { status = '', progressDetail }: ProgressMessage): Progress | undefined {
    const { current = 0, total = 0 } = progressDetail ?? {};
    if (current <= 0) return undefined;
    let meter = this.#meters.get(id);
    if (meter === undefined || meter.status !== status) {
      meter = { startedAt: performance.now(), from: current, status };
      this.#meters.set(id, meter);
    }
    return { current, total, elapsedMs: performance.now() - meter.startedAt, since: meter.from };
  }
}

/** How far it has come matters more than what is done, where there is not room for both. */
function lineOf({ id, status, progress }: { id: string; status: string; progress: Progress | undefined }, cells: number): string {
  const head = `${id}: ${status}`;
  if (progress === undefined) return head.slice(0, cells);
  const meter = progressText(progress, cells - head.length - 1);
  if (meter !== '') return `${head} ${meter}`;
  const percent = percentOf(progress);
  const short = `${id}: ${percent}`;
  return (percent === '' || short.length > cells ? head : short).slice(0, cells);
}
