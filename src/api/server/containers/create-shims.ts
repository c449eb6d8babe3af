import { GantryError } from '../../../base/errors.ts';
import type { CreateRequest } from '../../../engine/containers/verbs.ts';
import type { HostConfig, MountRequest } from '../../../oci/container.ts';
import { sharedContainer } from '../../../oci/namespace-mode.ts';
import { atLeast } from '../../types/version.ts';
import { moveInterfaceSysctls, refuseInterfaceSysctls } from './interface-sysctls.ts';

interface ShimmedRequest { request: CreateRequest; warnings: string[] }
type Shim = (request: CreateRequest, warnings: string[]) => CreateRequest;

/** What a create means to clients below (`before`) or from (`from`) an API version, oldest first. Docker's rules for 1.24 to 1.51. */
const shims: readonly ({ before: string; apply: Shim } | { from: string; apply: Shim })[] = [
  { before: '1.25', apply: withHost(() => ({ autoRemove: undefined })) },
  { before: '1.40', apply: withHost((host) => ({ ipcMode: host.ipcMode || 'shareable' })) },
  { before: '1.40', apply: withMounts((mount) => without(mount, 'nonRecursive')) },
  { before: '1.41', apply: withHost((host) => ({ cgroupnsMode: host.cgroupnsMode || 'host' })) },
  { before: '1.42', apply: withHost(() => ({ consoleSize: undefined })) },
  { before: '1.42', apply: withMounts((mount) => dropForeignOptions(without(mount, 'createMountpoint'))) },
  { from: '1.42', apply: withMounts(refuseForeignOptions) },
  { before: '1.43', apply: withHost(() => ({ annotations: undefined })) },
  { before: '1.44', apply: dropStartInterval },
  { before: '1.44', apply: withMounts(plainReadOnly) },
  { before: '1.44', apply: refuseSeveralEndpoints },
  { before: '1.45', apply: withMounts(refuseSubpath) },
  { before: '1.48', apply: withMounts(refuseImageMount) },
  { before: '1.48', apply: (request) => mapEndpoints(request, (endpoint) => ({ ...endpoint, gwPriority: undefined })) },
  { from: '1.48', apply: warnOfVolumeDriver },
  { before: '1.44', apply: moveMacAddressOfOld },
  { from: '1.44', apply: moveMacAddress },
  { before: '1.48', apply: moveInterfaceSysctls },
  { from: '1.48', apply: refuseInterfaceSysctls },
  { from: '1.24', apply: withHost((host) => ((host.pidsLimit ?? 1) <= 0 ? { pidsLimit: undefined } : {})) },
  // The CLI's way to say nothing about swappiness.
  { from: '1.24', apply: withHost((host) => (host.memorySwappiness === -1 ? { memorySwappiness: undefined } : {})) },
];

export function applyCreateShims(request: CreateRequest, version: string): ShimmedRequest {
  const warnings: string[] = [];
  for (const shim of shims) {
    const applies = 'before' in shim ? !atLeast(version, shim.before) : atLeast(version, shim.from);
    if (applies) request = shim.apply(request, warnings);
  }
  return { request, warnings };
}

function withHost(change: (host: HostConfig) => HostConfig): Shim {
  return (request) => ({ ...request, hostConfig: { ...request.hostConfig, ...change(request.hostConfig) } });
}

function withMounts(change: (mount: MountRequest) => MountRequest): Shim {
  return (request) => {
    const { mounts } = request.hostConfig;
    return mounts === undefined ? request : { ...request, hostConfig: { ...request.hostConfig, mounts: mounts.map(change) } };
  };
}

function mapEndpoints(request: CreateRequest, change: (endpoint: CreateRequest['endpoints'][string]) => CreateRequest['endpoints'][string]): CreateRequest {
  return { ...request, endpoints: Object.fromEntries(Object.entries(request.endpoints).map(([name, endpoint]) => [name, change(endpoint)])) };
}

function without(mount: MountRequest, option: 'nonRecursive' | 'createMountpoint'): MountRequest {
  return mount.bindOptions === undefined ? mount : { ...mount, bindOptions: { ...mount.bindOptions, [option]: false } };
}

function dropForeignOptions(mount: MountRequest): MountRequest {
  return {
    ...mount,
    volumeOptions: mount.type === 'volume' ? mount.volumeOptions : undefined,
    tmpfsOptions: mount.type === 'tmpfs' ? mount.tmpfsOptions : undefined,
  };
}

function refuseForeignOptions(mount: MountRequest): MountRequest {
  const options = { VolumeOptions: ['volume', mount.volumeOptions], BindOptions: ['bind', mount.bindOptions], TmpfsOptions: ['tmpfs', mount.tmpfsOptions] };
  for (const [name, [type, given]] of Object.entries(options)) {
    if (given !== undefined && mount.type !== type) throw invalid(`${name} must not be specified on mount type ${JSON.stringify(mount.type ?? '')}`);
  }
  return mount;
}

/** Read-only binds became recursively read-only with 1.44. */
function plainReadOnly(mount: MountRequest): MountRequest {
  if (mount.type !== 'bind') return mount;
  if (mount.bindOptions?.readOnlyForceRecursive === true) throw invalid('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
  return mount.readOnly === true ? { ...mount, bindOptions: { ...mount.bindOptions, readOnlyNonRecursive: true } } : mount;
}

function refuseSubpath(mount: MountRequest): MountRequest {
  if (mount.volumeOptions?.subpath) throw invalid('VolumeOptions.Subpath needs API v1.45 or newer');
  return mount;
}

function refuseImageMount(mount: MountRequest): MountRequest {
  if (mount.type === 'image') throw invalid('Mount type "Image" needs API v1.48 or newer');
  return mount;
}

function dropStartInterval(request: CreateRequest): CreateRequest {
  const { healthcheck } = request.config;
  return healthcheck === undefined ? request : { ...request, config: { ...request.config, healthcheck: { ...healthcheck, startInterval: undefined } } };
}

function refuseSeveralEndpoints(request: CreateRequest): CreateRequest {
  const names = Object.keys(request.endpoints);
  if (names.length > 1) throw invalid(`Container cannot be created with multiple network endpoints: ${names.join(', ')}`);
  return request;
}

function warnOfVolumeDriver(request: CreateRequest, warnings: string[]): CreateRequest {
  const { volumeDriver, mounts = [] } = request.hostConfig;
  if (volumeDriver && mounts.some(({ type, volumeOptions }) => type === 'volume' && !volumeOptions?.driverConfig?.name)) {
    warnings.push('WARNING: the container-wide volume-driver configuration is ignored for volumes specified via \'mount\'. Use \'--mount type=volume,volume-driver=...\' instead');
  }
  return request;
}

/** Until 1.44 a container had one MAC address of its own; an endpoint's was not known. */
function moveMacAddressOfOld(request: CreateRequest): CreateRequest {
  const { macAddress = '' } = request.config;
  if (macAddress === '') return mapEndpoints(request, (endpoint) => ({ ...endpoint, macAddress: undefined }));
  if (!hasOwnNetwork(request)) throw invalid('conflicting options: mac-address and the network mode');
  const name = Object.keys(request.endpoints)[0] ?? networkName(request);
  return { ...request, endpoints: { [name]: { ...request.endpoints[name], macAddress } } };
}

function moveMacAddress(request: CreateRequest, warnings: string[]): CreateRequest {
  const { macAddress = '', ...config } = request.config;
  if (macAddress === '') return request;
  warnings.push('The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.');
  if (!hasOwnNetwork(request)) return { ...request, config };
  const name = networkName(request);
  const endpoint = request.endpoints[name];
  if (endpoint === undefined && Object.keys(request.endpoints).length > 0) {
    throw invalid('unable to migrate container-wide MAC address to a specific network: HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks');
  }
  if ((endpoint?.macAddress ?? macAddress) !== macAddress && endpoint?.macAddress !== '') {
    throw invalid('the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty');
  }
  return { ...request, config, endpoints: { ...request.endpoints, [name]: { ...endpoint, macAddress } } };
}

function networkName(request: CreateRequest): string {
  return request.hostConfig.networkMode ?? 'bridge';
}

function hasOwnNetwork(request: CreateRequest): boolean {
  const mode = networkName(request);
  return mode !== 'host' && mode !== 'none' && sharedContainer(mode) === undefined;
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
