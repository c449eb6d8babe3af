import { GantryError } from '../base/errors.ts';
import { checkConfigShape } from './config-shape.ts';
import type { ContainerConfig, Healthcheck } from './container.ts';
import { readObject } from './descriptor.ts';
import { isDigest, type Digest } from './digest.ts';
import { normalized, type Platform } from './platform.ts';

/** https://github.com/opencontainers/image-spec/blob/main/config.md; `raw` keeps every field as stored. */
export interface ImageConfig {
  platform: Platform;
  /** RFC 3339; empty when the config has none. */
  created: string;
  config: ContainerConfig;
  diffIds: Digest[];
  history: ConfigHistory[];
  raw: Record<string, unknown>;
}

export interface ConfigHistory { created?: string; created_by?: string; author?: string; comment?: string; empty_layer?: boolean }

/** @throws invalid, naming where */
export function readImageConfig(bytes: Uint8Array, where: string): ImageConfig {
  const raw = readObject(bytes, where);
  checkConfigShape(raw, where);
  const rootfs = raw['rootfs'] as { type?: unknown; diff_ids?: unknown } | null | undefined;
  const diffIds = rootfs?.diff_ids ?? [];
  // Docker asks for no type either.
  if (rootfs === undefined || rootfs === null || !['layers', '', undefined, null].includes(rootfs.type as string | undefined) || !Array.isArray(diffIds) || !diffIds.every(isDigest)) {
    throw new GantryError('invalid', `${where}: invalid rootfs in image configuration`);
  }
  const text = (key: string): string => (typeof raw[key] === 'string' ? raw[key] : '');
  const variant = text('variant');
  return {
    platform: normalized({ os: text('os') || 'linux', architecture: text('architecture'), ...(variant === '' ? {} : { variant }) }),
    created: text('created'),
    config: configFromWire((raw['config'] ?? {}) as Record<string, unknown>),
    diffIds,
    history: Array.isArray(raw['history']) ? (raw['history'] as ConfigHistory[]) : [],
    raw,
  };
}

/** Docker's field names to ours, one to one. */
const fields: readonly [wire: string, ours: keyof ContainerConfig][] = [
  ['Hostname', 'hostname'], ['Domainname', 'domainname'], ['User', 'user'], ['AttachStdin', 'attachStdin'], ['AttachStdout', 'attachStdout'],
  ['AttachStderr', 'attachStderr'], ['ExposedPorts', 'exposedPorts'], ['Tty', 'tty'], ['OpenStdin', 'openStdin'], ['StdinOnce', 'stdinOnce'],
  ['Env', 'env'], ['Cmd', 'cmd'], ['ArgsEscaped', 'argsEscaped'], ['Image', 'image'], ['Volumes', 'volumes'], ['WorkingDir', 'workingDir'],
  ['Entrypoint', 'entrypoint'], ['NetworkDisabled', 'networkDisabled'], ['MacAddress', 'macAddress'], ['OnBuild', 'onBuild'],
  ['Labels', 'labels'], ['StopSignal', 'stopSignal'], ['StopTimeout', 'stopTimeout'], ['Shell', 'shell'],
];
const healthFields: readonly [wire: string, ours: keyof Healthcheck][] = [
  ['Test', 'test'], ['Interval', 'interval'], ['Timeout', 'timeout'], ['Retries', 'retries'], ['StartPeriod', 'startPeriod'], ['StartInterval', 'startInterval'],
];

export function configFromWire(wire: Record<string, unknown>): ContainerConfig {
  const config = rename({ ...wire, Cmd: words(wire['Cmd']), Entrypoint: words(wire['Entrypoint']) }, fields) as ContainerConfig;
  const health = wire['Healthcheck'];
  if (typeof health === 'object' && health !== null) config.healthcheck = rename(health as Record<string, unknown>, healthFields);
  return config;
}

/** Of old configs a command may be a text: it is one word. */
function words(command: unknown): unknown {
  return typeof command === 'string' ? [command] : command;
}

export function configToWire(config: ContainerConfig): Record<string, unknown> {
  const wire = rename(config as Record<string, unknown>, fields.map(([from, to]) => [to, from]));
  if (config.healthcheck !== undefined) wire['Healthcheck'] = rename(config.healthcheck as Record<string, unknown>, healthFields.map(([from, to]) => [to, from]));
  return wire;
}

/** null is "not said", as in Go. */
function rename(from: Record<string, unknown>, names: readonly (readonly [string, string])[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [source, target] of names) if (from[source] !== undefined && from[source] !== null) result[target] = from[source];
  return result;
}
