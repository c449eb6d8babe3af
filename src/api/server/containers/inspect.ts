import { join } from 'node:path';
import { generatedFilesOwner } from '../../../engine/containers/generated-files.ts';
import type { ContainerDetails } from '../../../engine/containers/verbs.ts';
import type { ContainerRecord } from '../../../engine/containers/record.ts';
import { shortId } from '../../../base/ids.ts';
import { atLeast } from '../../types/version.ts';
import { containerConfigStruct } from '../codec/container-config.ts';
import { encodeStruct } from '../codec/encode.ts';
import type { EngineFacts } from '../services.ts';
import { endpointsJson, legacyAddressesJson } from './endpoints.ts';
import { hostConfigJson } from './host-config.ts';
import { portMapJson } from './ports.ts';
import { stateJson } from './state.ts';
import { mountsJson } from './summary.ts';

/** `GET /containers/{id}/json`, every field in Docker's order. */
export function inspectJson(details: ContainerDetails, version: string, facts: EngineFacts): object {
  const { record, execIds, size } = details;
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: record.path,
    Args: record.args,
    State: stateJson(details),
    Image: record.image.id,
    ...filePaths(record, facts),
    LogPath: logPath(record),
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: facts.storageDriver,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: apparmorProfile(record),
    ExecIDs: execIds.length === 0 ? null : execIds,
    HostConfig: hostConfigJson(details, facts),
    GraphDriver: graphDriverJson(record, facts),
    ...(size !== undefined && { SizeRw: size.rw, SizeRootFs: size.rootFs }),
    Mounts: mountsJson(record),
    Config: configJson(record),
    NetworkSettings: networkSettingsJson(details, version),
  };
}

/** Docker tells it of json-file alone, and from the first start on. */
function logPath({ hostConfig, state, logPath: path }: ContainerRecord): string {
  return (hostConfig.logConfig?.type || 'json-file') === 'json-file' && state.status !== 'created' ? path : '';
}

/** The one that was asked for: no other is applied. */
function apparmorProfile({ hostConfig }: ContainerRecord): string {
  return (hostConfig.securityOpt ?? []).flatMap((option) => /^apparmor[=:](.*)$/.exec(option)?.[1] ?? []).at(-1) ?? '';
}

/** The files that are mounted into it; they come with its first start. */
function filePaths(record: ContainerRecord, facts: EngineFacts): object {
  const path = (name: string): string => (record.state.status === 'created' ? '' : join(facts.containerDirectory(generatedFilesOwner(record)), name));
  return { ResolvConfPath: path('resolv.conf'), HostnamePath: path('hostname'), HostsPath: path('hosts') };
}

/** With the hardware address that was asked for on its first network, as clients of old look for it. */
function configJson({ config, hostConfig, endpoints }: ContainerRecord): object {
  const macAddress = config.macAddress || endpoints[hostConfig.networkMode || 'bridge']?.request.macAddress;
  return encodeStruct(containerConfigStruct, { ...config, macAddress, labels: config.labels ?? {} });
}

function graphDriverJson(record: ContainerRecord, facts: EngineFacts): object {
  const layers = facts.layerDirectories(record.id);
  const data = layers && { ID: record.id, LowerDir: layers.lower.join(':'), MergedDir: layers.merged, UpperDir: layers.upper, WorkDir: layers.work };
  return { Data: data ?? null, Name: facts.storageDriver };
}

function networkSettingsJson({ record, sandboxPath }: ContainerDetails, version: string): object {
  return {
    Bridge: '',
    SandboxID: sandboxPath === undefined ? '' : record.id,
    SandboxKey: sandboxPath ?? '',
    Ports: portMapJson(record),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...legacyAddressesJson(record),
    Networks: withLegacyAliases(endpointsJson(record, record.endpoints), record, version),
  };
}

/** Before 1.45 the short id and the host name were among the aliases on networks of one's own. */
function withLegacyAliases(networks: Record<string, object>, record: ContainerRecord, version: string): object {
  if (atLeast(version, '1.45')) return networks;
  return Object.fromEntries(Object.entries(networks).map(([name, endpoint]) => {
    if (['bridge', 'host', 'none', 'default'].includes(name)) return [name, endpoint];
    const asked = (endpoint as { Aliases: string[] | null }).Aliases ?? [];
    const all = new Set([...asked, shortId(record.id), record.config.hostname ?? '']);
    return [name, { ...endpoint, Aliases: [...all].filter((alias) => alias !== '') }];
  }));
}
