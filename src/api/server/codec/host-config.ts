import { field, optional, stringMap, strings, type Field, type Struct } from './field.ts';
import { mountStruct } from './mount.ts';

const throttleDevice: Struct = { name: 'ThrottleDevice', fields: [field('Path', 'string'), field('Rate', 'uint64')] };
const throttles = { list: { struct: throttleDevice } };

const resourceFields: readonly Field[] = [
  field('CpuShares', 'int64'),
  field('Memory', 'int64'),
  field('NanoCpus', 'int64'),
  field('CgroupParent', 'string'),
  field('BlkioWeight', 'uint16'),
  field('BlkioWeightDevice', { list: { struct: { name: 'WeightDevice', fields: [field('Path', 'string'), field('Weight', 'uint16')] } } }),
  field('BlkioDeviceReadBps', throttles),
  field('BlkioDeviceWriteBps', throttles),
  field('BlkioDeviceReadIOps', throttles),
  field('BlkioDeviceWriteIOps', throttles),
  field('CpuPeriod', 'int64'),
  field('CpuQuota', 'int64'),
  field('CpuRealtimePeriod', 'int64'),
  field('CpuRealtimeRuntime', 'int64'),
  field('CpusetCpus', 'string'),
  field('CpusetMems', 'string'),
  field('Devices', { list: { struct: {
    name: 'DeviceMapping',
    fields: [field('PathOnHost', 'string'), field('PathInContainer', 'string'), field('CgroupPermissions', 'string')],
  } } }),
  field('DeviceCgroupRules', strings),
  field('DeviceRequests', { list: { struct: {
    name: 'DeviceRequest',
    fields: [
      field('Driver', 'string'), field('Count', 'int'), field('DeviceIDs', strings),
      field('Capabilities', { list: strings }), field('Options', stringMap),
    ],
  } } }),
  field('MemoryReservation', 'int64'),
  field('MemorySwap', 'int64'),
  field('MemorySwappiness', { pointer: 'int64' }),
  field('OomKillDisable', { pointer: 'bool' }),
  field('PidsLimit', { pointer: 'int64' }),
  field('Ulimits', { list: { struct: {
    name: 'Ulimit', fields: [field('Name', 'string'), field('Hard', 'int64'), field('Soft', 'int64')],
  } } }),
  field('CpuCount', 'int64'),
  field('CpuPercent', 'int64'),
  field('IOMaximumIOps', 'uint64', { key: 'ioMaximumIOps' }),
  field('IOMaximumBandwidth', 'uint64', { key: 'ioMaximumBandwidth' }),
];

const restartPolicyStruct: Struct = {
  name: 'RestartPolicy', fields: [field('Name', 'string'), field('MaximumRetryCount', 'int')],
};

/** The Engine API's HostConfig, in the order Docker writes it. */
export const hostConfigStruct: Struct = {
  name: 'HostConfig',
  fields: [
    field('Binds', strings),
    field('ContainerIDFile', 'string'),
    field('LogConfig', { struct: { name: 'LogConfig', fields: [field('Type', 'string'), field('Config', stringMap)] } }),
    field('NetworkMode', 'string'),
    field('PortBindings', { map: { list: { struct: {
      name: 'PortBinding', fields: [field('HostIp', 'string'), field('HostPort', 'string')],
    } } } }),
    field('RestartPolicy', { struct: restartPolicyStruct }),
    field('AutoRemove', 'bool'),
    field('VolumeDriver', 'string'),
    field('VolumesFrom', strings),
    field('ConsoleSize', 'size'),
    optional('Annotations', stringMap),
    field('CapAdd', 'words'),
    field('CapDrop', 'words'),
    field('CgroupnsMode', 'string'),
    field('Dns', strings),
    field('DnsOptions', strings),
    field('DnsSearch', strings),
    field('ExtraHosts', strings),
    field('GroupAdd', strings),
    field('IpcMode', 'string'),
    field('Cgroup', 'string'),
    field('Links', strings),
    field('OomScoreAdj', 'int'),
    field('PidMode', 'string'),
    field('Privileged', 'bool'),
    field('PublishAllPorts', 'bool'),
    field('ReadonlyRootfs', 'bool'),
    field('SecurityOpt', strings),
    optional('StorageOpt', stringMap),
    optional('Tmpfs', stringMap),
    field('UTSMode', 'string', { key: 'utsMode' }),
    field('UsernsMode', 'string'),
    field('ShmSize', 'int64'),
    optional('Sysctls', stringMap),
    optional('Runtime', 'string'),
    field('Isolation', 'string'),
    ...resourceFields,
    optional('Mounts', { list: { struct: mountStruct } }),
    field('MaskedPaths', strings),
    field('ReadonlyPaths', strings),
    optional('Init', { pointer: 'bool' }),
  ],
};

/** What `POST /containers/{id}/update` may change. */
export const updateStruct: Struct = {
  name: 'UpdateConfig',
  fields: [...resourceFields, field('RestartPolicy', { struct: restartPolicyStruct })],
};
