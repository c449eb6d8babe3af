import { messageOf } from '../../../base/errors.ts';
import type { Progress, ProgressLine } from '../../../engine/images/verbs.ts';
import type { Exchange } from '../http/exchange.ts';
import { flushHeaders, writePart } from '../http/respond.ts';
import { progressBar } from './progress-bar.ts';

/**
 * Runs work that reports progress, and writes a JSON object a line. An error before the first line is an HTTP answer of its own;
 * after it, it can only be told in the stream, and is.
 */
export async function streamProgress(exchange: Exchange, work: (progress: Progress) => Promise<void>): Promise<void> {
  const { response, signal } = exchange;
  const open = (): void => {
    if (!response.headersSent) flushHeaders(exchange, 200, { 'Content-Type': 'application/json' });
  };
  const progress: Progress = (line) => {
    if (signal.aborted) return;
    open();
    // The work does not wait for a slow client: it misses steps of a bar, never a line that says something.
    if (line.progress !== undefined && response.writableNeedDrain) return;
    response.write(`${JSON.stringify(progressJson(line))}\r\n`);
  };
  try {
    await work(progress);
    open();
  } catch (error) {
    if (!response.headersSent) throw error;
    const message = messageOf(error);
    await writePart(exchange, `${JSON.stringify({ errorDetail: { message }, error: message })}\r\n`);
  }
  response.end();
}

function progressJson({ stream, status, id, headline = false, progress, aux }: ProgressLine): object {
  const isStep = (status !== undefined && id !== undefined && !headline) || aux !== undefined;
  return {
    ...(stream !== undefined && { stream }),
    ...(status !== undefined && { status }),
    ...(progress !== undefined ? { progressDetail: progress, ...(progressBar(progress) !== '' && { progress: progressBar(progress) }) } : isStep && { progressDetail: {} }),
    ...(id !== undefined && { id }),
    ...(aux !== undefined && { aux }),
  };
}
