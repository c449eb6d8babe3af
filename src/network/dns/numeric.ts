import { isIPv6 } from 'node:net';
import { createSocket, type Socket } from 'node:dgram';

/**
 * A UDP socket that is given addresses, never names: Node would look each of them up before it sends, which costs a question at 127.0.0.11 more than
 * all the rest of its answer.
 */
export function numericSocket(type: 'udp4' | 'udp6'): Socket {
  return createSocket({ type, lookup: (address, _options, done) => done(null, address, isIPv6(address) ? 6 : 4) });
}
