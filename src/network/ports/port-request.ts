import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import type { PublishedPort } from '../network.ts';

/** A port that is to be published, before a host port is chosen: `from` to `to` are the candidates, undefined is any ephemeral one. */
export interface PortRequest {
  protocol: PublishedPort['protocol'];
  containerPort: number;
  /** Empty: all addresses of the host. */
  hostIp: string;
  range: { from: number; to: number } | undefined;
}

/** `80/tcp`, `53/udp`; without a protocol it is tcp. @throws GantryError invalid with Docker's sentence */
export function parseContainerPort(text: string): { protocol: PublishedPort['protocol']; containerPort: number } {
  const [port = '', protocol = 'tcp'] = text.split('/');
  const name = protocol.toLowerCase();
  if (name !== 'tcp' && name !== 'udp' && name !== 'sctp') throw new GantryError('invalid', `invalid proto: ${protocol}`);
  return { protocol: name, containerPort: parsePort(port, `invalid port '${port}'`) };
}

/** One binding of Docker's PortBindings. @throws GantryError invalid */
export function portRequest(port: string, binding: { hostIp?: string; hostPort?: string }): PortRequest {
  const { protocol, containerPort } = parseContainerPort(port);
  const hostIp = (binding.hostIp ?? '').replace(/^\[(.*)\]$/, '$1');
  if (hostIp !== '' && isIP(hostIp) === 0) throw new GantryError('invalid', `invalid IP address: ${hostIp}`);
  return { protocol, containerPort, hostIp, range: hostRange(binding.hostPort ?? '') };
}

function hostRange(text: string): PortRequest['range'] {
  if (text === '' || text === '0') return undefined;
  const [from = '', to = from] = text.split('-');
  const complaint = `invalid hostPort: ${text}`;
  const range = { from: parsePort(from, complaint), to: parsePort(to, complaint) };
  if (range.from > range.to) throw new GantryError('invalid', complaint);
  return range;
}

function parsePort(text: string, complaint: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw new GantryError('invalid', complaint);
  return port;
}
