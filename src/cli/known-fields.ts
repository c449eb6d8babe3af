import { nilList, nilMap, nilPointer } from '../base/template/nil.ts';

/** Fields by the field that holds them (`''` is the object itself), of containers, images, networks and volumes. Engine API 1.51. */
interface Known { pointers?: readonly string[]; lists?: readonly string[]; maps?: readonly string[]; texts?: readonly string[]; numbers?: readonly string[]; switches?: readonly string[] }

const known: Readonly<Record<string, Known>> = {
  '': {
    pointers: ['SizeRw', 'SizeRootFs', 'ImageManifestDescriptor', 'Descriptor', 'UsageData', 'ClusterVolume', 'HostConfig', 'Config'], lists: ['ExecIDs', 'Mounts', 'RepoTags', 'RepoDigests', 'Args', 'Manifests', 'Peers'],
    maps: ['Options', 'Labels', 'Status', 'Services', 'Containers'], texts: ['Variant', 'OsVersion', 'Parent', 'Comment', 'Author', 'Created', 'CreatedAt', 'DockerVersion', 'AppArmorProfile', 'MountLabel', 'ProcessLabel', 'Platform'],
  },
  State: { pointers: ['Health'] },
  Config: {
    pointers: ['Healthcheck', 'StopTimeout'], lists: ['Entrypoint', 'Cmd', 'Env', 'OnBuild', 'Shell'], maps: ['Volumes', 'ExposedPorts', 'Labels'],
    texts: ['MacAddress', 'StopSignal', 'Hostname', 'Domainname', 'User', 'WorkingDir'], switches: ['ArgsEscaped', 'NetworkDisabled'],
  },
  HostConfig: {
    pointers: ['Init', 'OomKillDisable', 'PidsLimit', 'MemorySwappiness'],
    lists: [
      'Binds', 'Mounts', 'VolumesFrom', 'CapAdd', 'CapDrop', 'Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'GroupAdd', 'Links', 'SecurityOpt', 'MaskedPaths', 'ReadonlyPaths', 'Devices', 'DeviceCgroupRules', 'DeviceRequests', 'Ulimits',
      'BlkioWeightDevice', 'BlkioDeviceReadBps', 'BlkioDeviceWriteBps', 'BlkioDeviceReadIOps', 'BlkioDeviceWriteIOps',
    ],
    maps: ['Annotations', 'PortBindings', 'StorageOpt', 'Sysctls', 'Tmpfs'], texts: ['Runtime', 'CgroupnsMode', 'ContainerIDFile'], numbers: ['KernelMemory', 'KernelMemoryTCP'],
  },
  NetworkSettings: { lists: ['SecondaryIPAddresses', 'SecondaryIPv6Addresses'], maps: ['Ports', 'Networks'] },
  IPAM: { lists: ['Config'], maps: ['Options'] },
  RootFS: { lists: ['Layers'] },
};

/**
 * What a template sees of an object that came as JSON: fields which the engine sent as null have their kind, and those it may leave out are there, hidden
 * from lists of fields and from JSON, as in the structures of docker's own client. Changes the object.
 */
export function withKnownFields(holder: Record<string, unknown>, name = ''): Record<string, unknown> {
  const { pointers = [], lists = [], maps = [], texts = [], numbers = [], switches = [] } = known[name] ?? {};
  for (const [fields, value] of [[pointers, nilPointer], [lists, nilList], [maps, nilMap], [texts, ''], [numbers, 0], [switches, false]] as const) {
    for (const field of fields) {
      if (!Object.hasOwn(holder, field)) Object.defineProperty(holder, field, { value, enumerable: false });
      else if (holder[field] === null) holder[field] = value;
    }
  }
  for (const [field, inner] of Object.entries(holder)) {
    if (Object.hasOwn(known, field) && typeof inner === 'object' && inner !== null && !Array.isArray(inner) && Object.isExtensible(inner)) withKnownFields(inner as Record<string, unknown>, field);
  }
  return holder;
}
