import type { Log } from '../../base/log.ts';
import { readSysctl, writeSysctl } from '../../host/sysctl.ts';

/** From this many containers on the kernel's defaults, made for hosts with a few neighbours, begin to lose packets. */
const many = 256;

/**
 * What thousands of links need of the host. The neighbour tables are shared by all namespaces, and each container has an entry for its gateway and its
 * peers; a broadcast goes to all ports of a bridge at once, and what the receive queue of a processor does not hold is lost: the last ports would
 * never answer an ARP request. Limits are only raised.
 * @returns up to how many containers there is room now
 */
export function makeRoomForNeighbours(containers: number, log: Log): number {
  if (containers < many) return many;
  const room = 2 ** Math.ceil(Math.log2(containers * 4));
  const limits: [path: string, value: number][] = [
    ['net/core/netdev_max_backlog', room],
    ...['ipv4', 'ipv6'].flatMap((family): [string, number][] => [3, 2, 1].map((level) => [`net/${family}/neigh/default/gc_thresh${level}`, level === 3 ? room * 4 : room * level])),
  ];
  for (const [path, value] of limits) {
    const now = readSysctl(path);
    if (now === undefined || Number(now) >= value) continue;
    writeSysctl(path, String(value));
    log.info(`${path.replaceAll('/', '.')} is ${value} now, for ${containers} containers on bridges`, { before: now });
  }
  return room / 2;
}
