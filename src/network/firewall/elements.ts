import { isMacvlan, type BridgeNetwork, type Endpoint, type Network, type PublishedPort } from '../network.ts';
import { protocolNumber, tableName } from './ruleset.ts';

/** One element of a set or map of the ruleset: `value` for maps. */
export interface Element { set: string; key: string; value?: string }

/** What makes a bridge known to the rules. */
export function networkElements(network: Network): Element[] {
  if (isMacvlan(network)) return [];
  const name = `"${network.bridge}"`;
  const elements: Element[] = [{ set: 'bridges', key: name }, { set: 'same', key: `${name} . ${name}` }];
  if (network.internal) elements.push({ set: 'internal', key: name });
  if (!network.icc) elements.push({ set: 'isolated', key: name });
  for (const link of network.trustedLinks ?? []) elements.push({ set: 'trusted', key: `"${link}" . ${name}` });
  return [...elements, ...familyElements(network, 4), ...familyElements(network, 6)];
}

function familyElements(network: BridgeNetwork, family: 4 | 6): Element[] {
  const name = `"${network.bridge}"`;
  const mode = network.gatewayModes?.[`ipv${family}`] ?? 'nat';
  const source = network.sources?.[`ipv${family}`];
  if (mode === 'routed') return [{ set: `routed${family}`, key: name }];
  return [
    ...(network.masquerade && source !== undefined ? [{ set: `source${family}`, key: name, value: source }] : []),
    ...(network.masquerade && source === undefined ? [{ set: `masquerading${family}`, key: name }] : []),
    ...(mode === 'nat-unprotected' ? [{ set: `open${family}`, key: name }] : []),
  ];
}

/**
 * What publishes the ports of an endpoint. Packets are translated within one family only: for a host address of the other one see `loopback/` and `relay/`.
 */
export function portElements(endpoint: Endpoint): Element[] {
  return endpoint.ports.flatMap((port) => {
    const address = (port.hostIp.includes(':') ? endpoint.ipv6 : endpoint.ipv4)?.split('/')[0];
    return address === undefined ? [] : [portElement(port, address)];
  });
}

function portElement(port: PublishedPort, address: string): Element {
  const ipv6 = port.hostIp.includes(':');
  if (port.hostPort === 0) return { set: `exposed${ipv6 ? 6 : 4}`, key: `${address} . ${protocolNumber[port.protocol]} . ${port.containerPort}` };
  const any = port.hostIp === '' || port.hostIp === '0.0.0.0' || port.hostIp === '::';
  const service = `${protocolNumber[port.protocol]} . ${port.hostPort}`;
  return {
    set: `published${ipv6 ? 6 : 4}${any ? 'any' : ''}`,
    key: any ? service : `${port.hostIp} . ${service}`,
    value: `${address} . ${port.containerPort}`,
  };
}

/** nft commands, one line a set, so that a thousand elements are a few lines. */
export function addElements(instanceId: string, elements: Element[]): string[] {
  return bySet(elements, ({ key, value }) => (value === undefined ? key : `${key} : ${value}`))
    .map(([set, list]) => `add element inet ${tableName(instanceId)} ${set} { ${list} }`);
}

export function deleteElements(instanceId: string, elements: Element[]): string[] {
  return bySet(elements, ({ key }) => key).map(([set, list]) => `delete element inet ${tableName(instanceId)} ${set} { ${list} }`);
}

function bySet(elements: Element[], text: (element: Element) => string): [string, string][] {
  const lists = Map.groupBy(elements, ({ set }) => set);
  return [...lists].map(([set, members]) => [set, [...new Set(members.map(text))].join(', ')]);
}
