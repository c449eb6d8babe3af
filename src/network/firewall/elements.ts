import { protocolNumber } from '../../host/internet-protocols.ts';
import { encodeFields } from '../../host/nftables/fields.ts';
import { deleteElements, newElements, type SetElement, type TableName } from '../../host/nftables/messages.ts';
import type { NetlinkRequest } from '../../host/netlink/requests.ts';
import { isMacvlan, type BridgeNetwork, type Endpoint, type Network, type PublishedPort } from '../network.ts';
import { sets } from './ruleset.ts';

type Fields = (string | number)[];

/** One element of a set or map of the ruleset: `value` for maps. Fields are as the set has them. */
export interface Element { set: string; key: Fields; value?: Fields }

/** What makes a bridge known to the rules. */
export function networkElements(network: Network): Element[] {
  if (isMacvlan(network)) return [];
  const name = network.bridge;
  const elements: Element[] = [{ set: 'bridges', key: [name] }, { set: 'same', key: [name, name] }];
  if (network.internal) elements.push({ set: 'internal', key: [name] });
  if (!network.icc) elements.push({ set: 'isolated', key: [name] });
  for (const link of network.trustedLinks ?? []) elements.push({ set: 'trusted', key: [link, name] });
  return [...elements, ...familyElements(network, 4), ...familyElements(network, 6)];
}

function familyElements(network: BridgeNetwork, family: 4 | 6): Element[] {
  const key = [network.bridge];
  const mode = network.gatewayModes?.[`ipv${family}`] ?? 'nat';
  const source = network.sources?.[`ipv${family}`];
  if (mode === 'routed') return [{ set: `routed${family}`, key }];
  return [
    ...(network.masquerade && source !== undefined ? [{ set: `source${family}`, key, value: [source] }] : []),
    ...(network.masquerade && source === undefined ? [{ set: `masquerading${family}`, key }] : []),
    ...(mode === 'nat-unprotected' ? [{ set: `open${family}`, key }] : []),
  ];
}

/**
 * What publishes the ports of an endpoint. Packets are translated within one family only: for a host address of the other one see `loopback/` and `relay/`.
 */
export function portElements(endpoint: Endpoint): Element[] {
  return endpoint.ports.flatMap((port) => {
    const address = (port.hostIp.includes(':') ? endpoint.ipv6 : endpoint.ipv4)?.split('/')[0];
    return address === undefined ? [] : [portElement(port, address), ...offered(endpoint.network, port, address)];
  });
}

/** Trusted links reach a published port at the container's own address too. */
function offered(network: Network, { protocol, containerPort, hostPort }: PublishedPort, address: string): Element[] {
  if (isMacvlan(network) || !network.trustedLinks?.length || hostPort === 0) return [];
  return [{ set: `offered${address.includes(':') ? 6 : 4}`, key: [address, protocolNumber[protocol], containerPort] }];
}

function portElement(port: PublishedPort, address: string): Element {
  const ipv6 = port.hostIp.includes(':');
  if (port.hostPort === 0) return { set: `exposed${ipv6 ? 6 : 4}`, key: [address, protocolNumber[port.protocol], port.containerPort] };
  const any = port.hostIp === '' || port.hostIp === '0.0.0.0' || port.hostIp === '::';
  const service = [protocolNumber[port.protocol], port.hostPort];
  return {
    set: `published${ipv6 ? 6 : 4}${any ? 'any' : ''}`,
    key: any ? service : [port.hostIp, ...service],
    value: [address, port.containerPort],
  };
}

/** A message a set, so that a thousand elements are a few messages. */
export function addElements(table: TableName, elements: Element[]): NetlinkRequest[] {
  return [...encodedElements(elements)].flatMap(([set, members]) => newElements(table, set, [...members.values()]));
}

export function removeElements(table: TableName, elements: Element[]): NetlinkRequest[] {
  return [...encodedElements(elements)].flatMap(([set, members]) => deleteElements(table, set, [...members.values()].map(({ key }) => key)));
}

/** As the kernel has them: by set, then by key in hexadecimal. */
export function encodedElements(elements: readonly Element[]): Map<string, Map<string, SetElement>> {
  const bySet = new Map<string, Map<string, SetElement>>();
  for (const { name, key, value } of sets) {
    const members = elements.filter(({ set }) => set === name).map((element): SetElement => (
      { key: encodeFields(key, element.key), ...(value !== undefined && { value: encodeFields(value, element.value ?? []) }) }
    ));
    if (members.length > 0) bySet.set(name, new Map(members.map((member) => [member.key.toString('hex'), member])));
  }
  return bySet;
}
