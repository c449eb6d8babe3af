import type { Endpoint, PublishedPort } from '../network.ts';

/**
 * A published port whose packets nothing in the kernel can translate, because the host's address is of a family in which the container has none: what arrives is
 * passed on by a process. Its socket is the one that holds the port.
 */
export interface RelayedPort {
  protocol: 'tcp' | 'udp';
  hostIp: string;
  hostPort: number;
  /** Of the container, in the other family. */
  address: string;
  port: number;
}

/** Whether a port of this protocol can be passed on by a process. */
export function isRelayed(protocol: PublishedPort['protocol']): protocol is RelayedPort['protocol'] {
  return protocol !== 'sctp';
}

/** Which ports of an endpoint have to be passed on, and where to. */
export function relayedPorts({ ports, ipv4, ipv6 }: Pick<Endpoint, 'ports' | 'ipv4' | 'ipv6'>): RelayedPort[] {
  return ports.flatMap(({ protocol, hostIp, hostPort, containerPort }) => {
    const [own, other] = hostIp.includes(':') ? [ipv6, ipv4] : [ipv4, ipv6];
    if (own !== undefined || other === undefined || hostPort === 0 || !isRelayed(protocol)) return [];
    return [{ protocol, hostIp, hostPort, address: other.split('/')[0] ?? '', port: containerPort }];
  });
}

export function relayKey({ protocol, hostIp, hostPort }: Pick<RelayedPort, 'protocol' | 'hostIp' | 'hostPort'>): string {
  return `${protocol} ${hostIp} ${hostPort}`;
}
