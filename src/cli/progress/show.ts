import { GantryError } from '../../base/errors.ts';
import { decimalSize } from '../format/sizes.ts';

/** One object of a progress stream. Engine API, ImageCreate and ImagePush. */
export interface ProgressMessage {
  id?: string;
  status?: string;
  stream?: string;
  progress?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
  errorDetail?: { message?: string };
  aux?: unknown;
}

export interface ShowOptions { to: NodeJS.WriteStream; quiet: boolean; /** What is said to programs; people are not shown it. */ onAux?: (aux: unknown) => void }

/** Shows a stream of progress: a line a layer, redrawn, on a terminal; a plain line a step elsewhere. Rejects with an error in the stream. */
export async function showProgress(messages: AsyncIterable<ProgressMessage>, { to, quiet, onAux }: ShowOptions): Promise<void> {
  const board = quiet ? undefined : to.isTTY && process.env['TERM'] !== 'dumb' ? new Board(to) : new PlainLines(to);
  for await (const message of messages) {
    const problem = message.errorDetail?.message ?? message.error;
    if (problem !== undefined && problem !== '') throw new GantryError('unavailable', problem);
    if (message.aux !== undefined) onAux?.(message.aux);
    else board?.show(message);
  }
}

class PlainLines {
  readonly #to: NodeJS.WriteStream;

  constructor(to: NodeJS.WriteStream) {
    this.#to = to;
  }

  show({ id, status, stream, progressDetail }: ProgressMessage): void {
    if (stream !== undefined) this.#to.write(stream);
    else if (status !== undefined && (progressDetail?.current ?? 0) === 0) this.#to.write(`${id === undefined ? '' : `${id}: `}${status}\n`);
  }
}

interface Meter { startedAt: number; from: number; status: string }

class Board {
  readonly #to: NodeJS.WriteStream;
  readonly #lines = new Map<string, number>();
  readonly #meters = new Map<string, Meter>();
  #count = 0;

  constructor(to: NodeJS.WriteStream) {
    this.#to = to;
  }

  show(message: ProgressMessage): void {
    const { id, status = '', stream } = message;
    if (stream !== undefined || id === undefined) {
      this.#to.write(stream ?? `${status}\n`);
      this.#count += (stream ?? '\n').split('\n').length - 1;
      return;
    }
    const text = `${id}: ${status}${this.#meter(id, message)}`;
    const known = this.#lines.get(id);
    if (known === undefined) {
      this.#lines.set(id, this.#count);
      this.#count += 1;
      this.#to.write(`${text.slice(0, this.#to.columns || 80)}\n`);
      return;
    }
    const up = this.#count - known;
    this.#to.write(`\x1b[${up}A\r\x1b[2K${text.slice(0, this.#to.columns || 80)}\x1b[${up}B\r`);
  }

  #meter(id: string, { status = '', progressDetail }: ProgressMessage): string {
    const current = progressDetail?.current ?? 0;
    if (current <= 0) return '';
    let meter = this.#meters.get(id);
    if (meter === undefined || meter.status !== status) {
      meter = { startedAt: performance.now(), from: current, status };
      this.#meters.set(id, meter);
    }
    return ` ${progressText({ current, total: progressDetail?.total ?? 0, elapsedMs: performance.now() - meter.startedAt, since: meter.from })}`;
  }
}

export interface Progress { current: number; total: number; elapsedMs: number; /** Bytes there when the clock was started. */ since: number }

/** `[=====>     ]  12.3MB/50MB  4.1MB/s  9s`. Without a total only what has come. */
export function progressText({ current, total, elapsedMs, since }: Progress): string {
  if (total <= 0) return decimalSize(current, 4);
  const width = 40;
  const filled = Math.min(width, Math.floor((current / total) * width));
  const bar = `[${'='.repeat(filled)}${filled < width ? '>' : ''}${' '.repeat(Math.max(0, width - filled - 1))}]`;
  const rate = elapsedMs > 500 ? ((current - since) / elapsedMs) * 1000 : 0;
  const left = rate > 0 && current < total ? `  ${decimalSize(rate)}/s  ${Math.ceil((total - current) / rate)}s` : '';
  return `${bar}  ${decimalSize(current, 4)}/${decimalSize(total, 4)}${left}`;
}
