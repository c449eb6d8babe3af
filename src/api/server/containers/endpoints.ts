import type { ContainerRecord, EndpointRecord } from '../../../engine/containers/record.ts';
import { encodeStruct } from '../codec/encode.ts';
import { endpointStruct } from '../codec/endpoint.ts';
import { isLive } from './state.ts';

const builtIn = ['bridge', 'host', 'none', 'default'];

/** EndpointSettings by network name, in the order of names, as Docker writes them. Addresses are those of now: a container that does not run has none. */
export function endpointsJson(record: ContainerRecord, endpoints: Record<string, EndpointRecord>): Record<string, object> {
  return Object.fromEntries(Object.entries(endpoints).toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([network, endpoint]) => [network, endpointJson(record, network, endpoint)]));
}

/** Until the first start Docker has only looked at what was asked: it knows neither the network nor the names there. */
function endpointJson(record: ContainerRecord, network: string, endpoint: EndpointRecord): object {
  const live = isLive(record);
  const isNew = isNewborn(record);
  const request = encodeStruct(endpointStruct, endpoint.request);
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority } = request;
  return {
    IPAMConfig,
    Links,
    Aliases,
    MacAddress: macAddress(record, endpoint),
    DriverOpts,
    GwPriority,
    NetworkID: isNew ? '' : endpoint.networkId,
    EndpointID: live ? endpoint.endpointId : '',
    ...addresses(endpoint, live),
    DNSNames: isNew || builtIn.includes(network) || endpoint.dnsNames.length === 0 ? null : endpoint.dnsNames,
  };
}

const isNewborn = ({ state }: ContainerRecord): boolean => state.status === 'created';

/** The one it has, or is to have at its first start. */
function macAddress(record: ContainerRecord, endpoint: EndpointRecord): string {
  return isLive(record) ? endpoint.macAddress : isNewborn(record) ? endpoint.request.macAddress ?? '' : '';
}

/** Gateway to GlobalIPv6PrefixLen, in Docker's order. */
function addresses(endpoint: EndpointRecord, live: boolean): object {
  const v4 = split(live ? endpoint.ipv4 : undefined);
  const v6 = split(live ? endpoint.ipv6 : undefined);
  return {
    Gateway: live ? endpoint.gateway ?? '' : '',
    IPAddress: v4.address,
    IPPrefixLen: v4.prefix,
    IPv6Gateway: live ? endpoint.gateway6 ?? '' : '',
    GlobalIPv6Address: v6.address,
    GlobalIPv6PrefixLen: v6.prefix,
  };
}

function split(address: string | undefined): { address: string; prefix: number } {
  const [ip = '', prefix = '0'] = (address ?? '').split('/');
  return { address: ip, prefix: Number(prefix) };
}

/** The top-level fields of old, which speak of the default bridge alone. */
export function legacyAddressesJson(record: ContainerRecord): object {
  const bridge = record.endpoints['bridge'];
  const live = bridge !== undefined && isLive(record);
  const v4 = split(live ? bridge.ipv4 : undefined);
  const v6 = split(live ? bridge.ipv6 : undefined);
  return {
    EndpointID: live ? bridge.endpointId : '',
    Gateway: live ? bridge.gateway ?? '' : '',
    GlobalIPv6Address: v6.address,
    GlobalIPv6PrefixLen: v6.prefix,
    IPAddress: v4.address,
    IPPrefixLen: v4.prefix,
    IPv6Gateway: live ? bridge.gateway6 ?? '' : '',
    MacAddress: bridge === undefined ? '' : macAddress(record, bridge),
  };
}
