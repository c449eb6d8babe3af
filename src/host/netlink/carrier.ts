import koffi from 'koffi';
import { libc } from '../ffi.ts';

koffi.struct('gantry_ethtool_value', { command: 'uint32_t', value: 'uint32_t' });
koffi.struct('gantry_ifreq', { name: koffi.array('char', 16), data: 'gantry_ethtool_value *', rest: koffi.array('uint8_t', 16) });
const ioctl = libc.func('int ioctl(int fd, unsigned long request, gantry_ifreq *question)');

const SIOCETHTOOL = 0x8946;
const ETHTOOL_GLINK = 0x0a;

/**
 * Asks a link for its carrier. The kernel leaves what follows from a carrier that comes to a worker (linkwatch): until it has run, the link drops what it is
 * given to send, a bridge forwards nothing by it, and it gets no IPv6 address of its own. Before it answers this question, the kernel does that work itself.
 * A link without an answer, or that is gone, is left as it is. @param socket of the link's network namespace
 */
export function settleCarrier(socket: number, link: string): void {
  ioctl(socket, SIOCETHTOOL, { name: link, data: { command: ETHTOOL_GLINK, value: 0 }, rest: [] });
}
