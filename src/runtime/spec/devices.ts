import { GantryError } from '../../base/errors.ts';
import type { DeviceMapping } from '../../oci/container.ts';
import type { HostFacts, SpecInput } from './spec-input.ts';

export type HostDevice = NonNullable<HostFacts['devices']>[number];

export interface OciDevice { path: string; type: string; major: number; minor: number; fileMode: number; uid: number; gid: number }
export interface DeviceRule { allow: boolean; type?: string; major?: number; minor?: number; access: string }

/** Nothing but full, null, zero, random, urandom, tty, console, ptmx and the ptys; mknod of others is allowed, opening is not. */
const defaultRules: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  ...[[1, 5], [1, 3], [1, 9], [1, 8], [5, 0], [5, 1]].map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
  // FUSE lets a container stall the host's file operations.
  { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
];

/** Device nodes to make and cgroup rules to set. `facts.devices` must hold every node that the request names. @throws invalid */
export function devicesOf(input: SpecInput): { nodes: OciDevice[]; rules: DeviceRule[] } {
  const { host, facts } = input;
  const available = facts.devices ?? [];
  if (host.privileged === true) return { nodes: available.map(toNode), rules: [{ allow: true, access: 'rwm' }] };
  const mapped = (host.devices ?? []).flatMap((mapping) => mapDevice(mapping, available));
  return {
    nodes: mapped.map(({ node }) => node),
    rules: [...defaultRules, ...mapped.map(({ node, access }) => ({ allow: true, type: node.type, major: node.major, minor: node.minor, access })), ...(host.deviceCgroupRules ?? []).map(parseRule)],
  };
}

/** One node, or every node below a directory, which keeps its place below the target. */
function mapDevice(mapping: DeviceMapping, available: readonly HostDevice[]): { node: OciDevice; access: string }[] {
  const source = trimSlash(mapping.pathOnHost ?? '');
  const target = trimSlash(mapping.pathInContainer || source);
  const access = mapping.cgroupPermissions || 'rwm';
  if (!/^[rwm]{1,3}$/.test(access)) throw new GantryError('invalid', `invalid device mode: ${access}`);
  const exact = available.find(({ path }) => path === source);
  const found = exact === undefined ? available.filter(({ path }) => path.startsWith(`${source}/`)) : [exact];
  if (source === '' || found.length === 0) {
    throw new GantryError('invalid', `error gathering device information while adding custom device "${mapping.pathOnHost ?? ''}": no such file or directory`);
  }
  return found.map((device) => ({ node: { ...toNode(device), path: `${target}${device.path.slice(source.length)}` }, access }));
}

/** `c 1:3 mr`, `b *:* rwm`. @throws invalid */
export function parseRule(rule: string): DeviceRule {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(rule);
  if (match === null) throw new GantryError('invalid', `invalid device cgroup rule format: '${rule}'`);
  const number = (text: string | undefined): number => (text === '*' ? -1 : Number(text));
  return { allow: true, type: match[1]!, major: number(match[2]), minor: number(match[3]), access: match[4]! };
}

const trimSlash = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);

function toNode({ path, type, major, minor, fileMode, uid, gid }: HostDevice): OciDevice {
  return { path, type, major, minor, fileMode, uid, gid };
}
