import { GantryError } from '../../base/errors.ts';
import { Board } from './board.ts';
import type { ProgressMessage } from './progress-message.ts';

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
    else if (status !== undefined && !isStep(progressDetail)) this.#to.write(`${id === undefined ? '' : `${id}: `}${status}\n`);
  }
}

/** One of the many steps of a bar. */
function isStep({ current = 0, total = 0 }: ProgressMessage['progressDetail'] = {}): boolean {
  return current > 0 || total > 0;
}
