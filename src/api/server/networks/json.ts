import { bindingsJson } from '../containers/ports.ts';
import { inOrder } from '../codec/encode.ts';
import type { IpamPool, NetworkDetails } from '../../../engine/networks/verbs.ts';

/** One network, as `GET /networks` and `GET /networks/{id}` write it; only the second lists containers, with the ports that they publish on it, which Docker leaves out. */
export function networkJson({ network, containers }: NetworkDetails, withContainers: boolean): object {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: network.scope,
    Driver: network.driver,
    EnableIPv4: network.enableIPv4 ?? true,
    EnableIPv6: network.enableIPv6 ?? false,
    IPAM: {
      Driver: network.ipam.driver || 'default',
      Options: network.ipam.options ?? null,
      Config: network.ipam.config.length === 0 ? null : network.ipam.config.map(poolJson),
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: network.ingress,
    ConfigFrom: { Network: network.configFrom ?? '' },
    ConfigOnly: network.configOnly,
    Containers: withContainers ? containersJson(containers) : {},
    Options: inOrder(network.options),
    Labels: inOrder(network.labels),
  };
}

/** A gateway that the engine chose for a subnet that was asked for is not listed, as with Docker. */
function poolJson({ subnet, ipRange, gateway, auxAddresses = {}, chosen }: IpamPool): object {
  return {
    ...(subnet && { Subnet: subnet }),
    ...(ipRange && { IPRange: ipRange }),
    ...(gateway && chosen !== 'gateway' && { Gateway: gateway }),
    ...(Object.keys(auxAddresses).length > 0 && { AuxiliaryAddresses: auxAddresses }),
  };
}

function containersJson(containers: NetworkDetails['containers']): object {
  return Object.fromEntries(Object.entries(containers).map(([id, { name, endpointId, macAddress, ipv4, ipv6, ports }]) => [
    id, { Name: name, EndpointID: endpointId, MacAddress: macAddress, IPv4Address: ipv4, IPv6Address: ipv6, ...(ports.length > 0 && { Ports: bindingsJson(ports) }) },
  ]));
}
