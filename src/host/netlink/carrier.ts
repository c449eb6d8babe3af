import koffi from 'koffi';
import { libc } from '../ffi.ts';

const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');

const SIOCETHTOOL = 0x8946;
const ETHTOOL_GLINK = 0x0a;
/** struct ifreq, with room for what other requests hold: the name of the link, then the address of the question. */
const requestBytes = 64;
const addressAt = 16;
/** struct ethtool_value: the command, and 32 bits for the answer. It stays where it is, since the request holds its address. */
const question = koffi.alloc('uint32_t', 2) as object;

/**
 * Asks a link for its carrier. The kernel leaves what follows from a carrier that comes to a worker (linkwatch): until it has run, the link drops what it is
 * given to send, a bridge forwards nothing by it, and it gets no IPv6 address of its own. Before it answers this question, the kernel does that work itself.
 * A link without an answer, or that is gone, is left as it is. @param socket of the link's network namespace
 */
export function settleCarrier(socket: number, link: string): void {
  koffi.encode(question, 'uint32_t', ETHTOOL_GLINK);
  const request = Buffer.alloc(requestBytes);
  request.write(link);
  request.writeBigUInt64LE(koffi.address(question), addressAt);
  ioctl(socket, SIOCETHTOOL, 'void *', request);
}
