import { createHash } from 'node:crypto';

/** Interface group of every link of an instance: how the daemon knows its own. 31 bits, never a small number that a person would choose. */
export function linkGroup(instanceId: string): number {
  return (createHash('sha256').update(instanceId).digest().readUInt32BE(0) & 0x7fffffff) | 0x40000000;
}

/** Interface group of pairs of links that wait in the pool. */
export function wireGroup(instanceId: string): number {
  return linkGroup(`${instanceId}/pool`);
}

/** Interface group of links that are on their way out: many go for the price of one, as a group. */
export function leavingGroup(instanceId: string): number {
  return linkGroup(`${instanceId}/leaving`);
}

/** How the names of all bridges of all instances begin, unless a person named one. */
export const bridgePrefix = 'gb-';

/** Kernel name of a network's bridge, 13 bytes: different for each instance and network. */
export function bridgeName(instanceId: string, networkId: string): string {
  return `${bridgePrefix}${createHash('sha256').update(`${instanceId}/${networkId}`).digest('hex').slice(0, 10)}`;
}

/** Name of the host's end of an endpoint, 15 bytes. */
export function vethName(endpointId: string): string {
  return `gv${createHash('sha256').update(endpointId).digest('hex').slice(0, 13)}`;
}

/**
 * A bridge's own hardware address. One that the kernel chooses follows the ports as they come and go, and every change leaves
 * containers with a stale address of their gateway.
 */
export function bridgeMac(bridge: string): string {
  const digest = createHash('sha256').update(bridge).digest('hex');
  return `02:42:${(digest.slice(0, 8).match(/../g) ?? []).join(':')}`;
}

/** How the names of further bridges begin: the firewall tells them from first ones by it. */
export const shardPrefix = `${bridgePrefix}s`;

/** Kernel names of a network's n-th further bridge and of the link to its first one: `top` is a port of the first bridge. At most 15 bytes. */
export function shardNames(bridge: string, number: number): { bridge: string; top: string; bottom: string } {
  const tail = `${shardKey(bridge)}-${number}`;
  return { bridge: `${shardPrefix}${tail}`, top: `gt-${tail}`, bottom: `gu-${tail}` };
}

/** What all links of a network's further bridges have in their names. */
export function shardKey(bridge: string): string {
  return createHash('sha256').update(bridge).digest('hex').slice(0, 8);
}

/** The shard key in the name of a link that belongs to a further bridge; undefined for every other link. */
export function shardKeyOf(link: string): string | undefined {
  return /^g(?:b-s|t-|u-)([0-9a-f]{8})-\d+$/.exec(link)?.[1];
}
