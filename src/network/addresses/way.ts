import { setTimeout as delay } from 'node:timers/promises';
import type { RouteSocket } from '../../host/netlink/socket.ts';

const pauseMs = 1;
/** A kernel that takes longer, more than a second, is not waited for. */
const mostPauses = 1000;

/**
 * Resolves when what is sent to an address of the socket's namespace arrives. One of IPv6 is there at once, but the kernel makes the way to it in a worker: who
 * sends to it before is told that the network is unreachable. @param address may have a prefix length
 */
export async function wayTo(route: RouteSocket, address: string): Promise<void> {
  const host = address.split('/')[0] ?? '';
  for (let pauses = 0; !route.leadsHere(host) && pauses < mostPauses; pauses++) await delay(pauseMs);
}
