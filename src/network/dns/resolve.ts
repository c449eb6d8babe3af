import { forward, type Upstream } from './forward.ts';
import { isInternet, parseQuery, responseCode, writeAnswer } from './message.ts';
import type { Names, View } from './names.ts';

/** What a container's resolver may do. */
export interface ResolverView extends View {
  /** Servers of the outside; empty when the container is only on internal networks. */
  upstreams: Upstream[];
}

/**
 * The answer to one message: local names first, then the outside. What cannot be answered is a failure that the client sees at once,
 * never silence: only what is no query at all is left without an answer.
 */
export async function resolveMessage(message: Buffer, options: { names: Names; view: ResolverView; transport: 'udp' | 'tcp' }): Promise<Buffer | undefined> {
  const query = parseQuery(message);
  if (query === undefined) return refusal(message);
  if (query.extended !== undefined && query.extended.version > 0) return writeAnswer(query, responseCode.badVersion);
  const maxBytes = options.transport === 'udp' ? query.udpSize : 65535;
  const found = isInternet(query) ? options.names.lookup(options.view, query.name, query.type) : { known: false as const };
  if (found.known) return writeAnswer(query, responseCode.noError, found.answers, maxBytes);
  const reply = await forward(message, query, { upstreams: options.view.upstreams, transport: options.transport });
  return reply ?? writeAnswer(query, responseCode.serverFailure);
}

/** A broken query gets a format error, and an operation that is none of ours its own, when there is an id to answer to and it is no answer itself. */
function refusal(message: Buffer): Buffer | undefined {
  if (message.length < 12 || (message.readUInt16BE(2) & 0x8000) !== 0) return undefined;
  const reply = Buffer.alloc(12);
  reply.writeUInt16BE(message.readUInt16BE(0), 0);
  const operation = message.readUInt16BE(2) & 0x7800;
  reply.writeUInt16BE(0x8000 | operation | (operation === 0 ? responseCode.formatError : responseCode.notImplemented), 2);
  return reply;
}
