import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Query } from './query.ts';

/** One request and what is needed to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Decoded, without the version prefix. */
  readonly path: string;
  readonly query: Query;
  /** Named parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** The API version the client speaks. */
  readonly version: string;
  /** Aborts when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** Present when the client asked for an upgrade that this path allows: its socket, whose next bytes are the request's body. */
  readonly upgrade: { socket: Duplex; protocol: string } | undefined;
}

/** Makes the signal only when somebody asks: most requests never do. */
export function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const gone = (): void => {
    if (!response.writableFinished) controller.abort(new Error('the client went away'));
  };
  if (response.destroyed || response.closed) gone();
  else response.once('close', gone);
  return controller.signal;
}
