import { listedMounts } from '../../../engine/containers/mounts/listed.ts';
import type { ContainerSummary } from '../../../engine/containers/verbs.ts';
import type { ContainerRecord, MountPoint } from '../../../engine/containers/record.ts';
import { atLeast } from '../../types/version.ts';
import { inOrder } from '../codec/encode.ts';
import { unixSeconds } from '../http/timestamp.ts';
import { endpointsJson } from './endpoints.ts';
import { portListJson } from './ports.ts';
import { statusText, wireStatus } from './state.ts';

interface Kept { version: string; imageName: string; names: string; before: string; after: string }

/** A record is replaced when its container changes, so what is told of it lives as long as it does. */
const kept = new WeakMap<ContainerRecord, Kept>();

/** One entry of `GET /containers/json`. */
export function summaryJson(summary: ContainerSummary, version: string): object {
  return { ...beforeStatus(summary), Status: statusText(summary, Date.now()), ...afterStatus(summary, version) };
}

/** The same as text, of which only the status is written anew at each call: a thousand containers are listed in a few milliseconds. */
export function summaryText(summary: ContainerSummary, version: string): string {
  if (summary.size !== undefined) return JSON.stringify(summaryJson(summary, version));
  let parts = kept.get(summary.record);
  const names = summary.names.join();
  if (parts?.version !== version || parts.imageName !== summary.imageName || parts.names !== names) {
    const { imageName } = summary;
    parts = { version, imageName, names, before: JSON.stringify(beforeStatus(summary)).slice(0, -1), after: JSON.stringify(afterStatus(summary, version)).slice(1) };
    kept.set(summary.record, parts);
  }
  return `${parts.before},"Status":${JSON.stringify(statusText(summary, Date.now()))},${parts.after}`;
}

function beforeStatus({ record, names, imageName, size }: ContainerSummary): object {
  return {
    Id: record.id,
    Names: names.map((name) => `/${name}`),
    Image: imageName,
    ImageID: record.image.id,
    Command: commandText(record),
    Created: unixSeconds(record.createdAt),
    Ports: portListJson(record),
    ...(size !== undefined && { ...(size.rw !== 0 && { SizeRw: size.rw }), ...(size.rootFs !== 0 && { SizeRootFs: size.rootFs }) }),
    Labels: inOrder(record.config.labels ?? {}),
    State: wireStatus(record),
  };
}

function afterStatus({ record, endpoints }: ContainerSummary, version: string): object {
  const { annotations = {}, networkMode = 'bridge' } = record.hostConfig;
  return {
    HostConfig: {
      NetworkMode: networkMode,
      ...(atLeast(version, '1.46') && Object.keys(annotations).length > 0 && { Annotations: inOrder(annotations) }),
    },
    NetworkSettings: { Networks: nameless(endpointsJson(record, endpoints)) },
    Mounts: mountsJson(record),
  };
}

/** Names on the network are told by inspect alone. */
function nameless(endpoints: Record<string, object>): Record<string, object> {
  return Object.fromEntries(Object.entries(endpoints).map(([network, endpoint]) => [network, { ...endpoint, DNSNames: null }]));
}

export function mountsJson(record: ContainerRecord): object[] {
  return listedMounts(record).map(mountJson);
}

function mountJson(mount: MountPoint): object {
  // Docker names the image, and says where its files are mounted: here nowhere that stays.
  const name = mount.type === 'image' ? mount.source : mount.name;
  return {
    Type: mount.type,
    ...(name !== undefined && name !== '' && { Name: name }),
    Source: mount.source,
    Destination: mount.destination,
    ...(mount.driver !== undefined && mount.driver !== '' && { Driver: mount.driver }),
    Mode: mount.mode,
    RW: mount.rw,
    Propagation: mount.propagation,
  };
}

/** The command line as people read it: arguments with a space are quoted, without escaping. */
function commandText(record: ContainerRecord): string {
  return [record.path, ...record.args.map((argument) => (argument.includes(' ') ? `'${argument}'` : argument))].join(' ');
}
