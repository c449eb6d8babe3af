import { parseBytes } from '../../../base/parse-bytes.ts';
import type { DeviceMapping } from './wire.ts';

export type DeviceFlag = { cdi: string } | { mapping: DeviceMapping };

/** `vendor.com/class=name` names a CDI device; anything else is `/dev/x[:/dev/y][:rwm]`. */
export function parseCdiOrDevice(value: string): DeviceFlag {
  if (/^[A-Za-z][\w.-]*\/[A-Za-z][\w-]*=[A-Za-z0-9][\w.:-]*$/.test(value)) return { cdi: value };
  const parts = value.split(':');
  const [source = '', second, third] = parts;
  if (parts.length > 3) throw new Error(`invalid device specification: ${value}`);
  if (source === '') throw new Error(`bad format for path: ${value}`);
  const target = second === undefined || isMode(second) ? source : second;
  const permissions = third ?? (second !== undefined && isMode(second) ? second : 'rwm');
  if (third !== undefined && !isMode(third)) throw new Error(`bad mode specified: ${third}`);
  if (!target.startsWith('/')) throw new Error(`${target} is not an absolute path`);
  return { mapping: { PathOnHost: source, PathInContainer: target, CgroupPermissions: permissions } };
}

function isMode(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

export function parseRule(value: string): string {
  if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(value)) throw new Error(`invalid device cgroup format '${value}'`);
  return value;
}

export function parseBlkioWeight(value: string): { Path: string; Weight: number } {
  const [path, weight] = pathAndRate(value);
  if (!/^\d+$/.test(weight) || (Number(weight) > 0 && (Number(weight) < 10 || Number(weight) > 1000))) throw new Error(`invalid weight for device: ${value}`);
  return { Path: path, Weight: Number(weight) };
}

export function parseThrottleBps(value: string): { Path: string; Rate: number } {
  const [path, rate] = pathAndRate(value);
  try {
    return { Path: path, Rate: parseBytes(rate) };
  } catch {
    throw new Error(`invalid rate for device: ${value}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb`);
  }
}

export function parseThrottleIops(value: string): { Path: string; Rate: number } {
  const [path, rate] = pathAndRate(value);
  if (!/^\d+$/.test(rate)) throw new Error(`invalid rate for device: ${value}. The correct format is <device-path>:<number>. Number must be a positive integer`);
  return { Path: path, Rate: Number(rate) };
}

function pathAndRate(value: string): [string, string] {
  const colon = value.indexOf(':');
  const path = value.slice(0, Math.max(colon, 0));
  if (colon < 1 || colon === value.length - 1) throw new Error(`bad format: ${value}`);
  if (!path.startsWith('/dev/')) throw new Error(`bad format for device path: ${value}`);
  return [path, value.slice(colon + 1)];
}
