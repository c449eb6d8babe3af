import { GantryError } from '../../../base/errors.ts';
import type { CreateRequest } from '../../../engine/containers/verbs.ts';
import { sharedContainer } from '../../../oci/namespace-mode.ts';

const endpointOption = 'com.docker.network.endpoint.sysctls';

/**
 * Settings of a link, `net.ipv4.conf.eth0.log_martians`, belong to an endpoint since 1.46: which link is eth0 is not known before. Until 1.47
 * those of eth0 are taken for the network that the container is in first. @throws invalid
 */
export function moveInterfaceSysctls(request: CreateRequest, warnings: string[]): CreateRequest {
  const moved = interfaceSysctls(request);
  if (moved.length === 0) return request;
  const foreign = moved.find(({ link }) => link !== 'eth0');
  if (foreign !== undefined) throw invalid(`unable to determine network endpoint for sysctl ${foreign.name}, use driver option '${endpointOption}' to set per-interface sysctls`);
  const network = request.hostConfig.networkMode ?? 'bridge';
  const name = request.endpoints[network] !== undefined ? network : (Object.keys(request.endpoints)[0] ?? network);
  const endpoint = request.endpoints[name];
  const option = moved.map(({ setting }) => setting).join(',');
  warnings.push(`Migrated sysctl ${JSON.stringify(moved.map((each) => each.name).join(','))} to DriverOpts{${JSON.stringify(endpointOption)}:${JSON.stringify(option)}}.`);
  // What the endpoint says itself comes last, and counts.
  const own = endpoint?.driverOpts?.[endpointOption];
  const driverOpts = { ...endpoint?.driverOpts, [endpointOption]: own === undefined ? option : `${option},${own}` };
  const left = Object.entries(request.hostConfig.sysctls ?? {}).filter(([key]) => !moved.some((each) => each.name === key));
  return { ...request, hostConfig: { ...request.hostConfig, sysctls: Object.fromEntries(left) }, endpoints: { ...request.endpoints, [name]: { ...endpoint, driverOpts } } };
}

/** @throws invalid */
export function refuseInterfaceSysctls(request: CreateRequest): CreateRequest {
  const [first] = interfaceSysctls(request);
  if (first !== undefined) throw invalid(`interface specific sysctl setting ${JSON.stringify(first.name)} must be supplied using driver option '${endpointOption}'`);
  return request;
}

interface InterfaceSysctl { name: string; link: string; setting: string }

function interfaceSysctls({ hostConfig: { networkMode = '', sysctls = {} } }: CreateRequest): InterfaceSysctl[] {
  if (networkMode === 'host' || sharedContainer(networkMode) !== undefined) return [];
  return Object.entries(sysctls).flatMap(([name, value]) => {
    const [, family, group, link, rest] = /^net\.([^.]*)\.([^.]*)\.(eth[^.]*)\.(.*)$/.exec(name) ?? [];
    return link === undefined ? [] : [{ name, link, setting: `net.${family}.${group}.IFNAME.${rest}=${value}` }];
  });
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
