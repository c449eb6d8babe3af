import { resolve } from 'node:path';
import { parseBytes } from '../../../base/parse-bytes.ts';
import { csvFields } from './csv.ts';
import { toMap } from './lists.ts';
import type { Mount } from './wire.ts';

/** `--mount type=bind,source=…,target=…,…`. https://docs.docker.com/engine/storage/ */
export function parseMount(value: string): Mount {
  const mount: Mount = { Type: 'volume' };
  const labels: string[] = [];
  const driverOptions: string[] = [];
  for (const field of csvFields(value)) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const text = equals < 0 ? undefined : field.slice(equals + 1);
    if (key === 'volume-label') labels.push(needed(field, text));
    else if (key === 'volume-opt') driverOptions.push(needed(field, text));
    else apply(mount, { key, text, field });
  }
  if (labels.length > 0) mount.VolumeOptions = { ...mount.VolumeOptions, Labels: toMap(labels) };
  if (driverOptions.length > 0) mount.VolumeOptions = { ...mount.VolumeOptions, DriverConfig: { ...mount.VolumeOptions?.DriverConfig, Options: toMap(driverOptions) } };
  return checked(mount);
}

interface Field { key: string; text: string | undefined; field: string }

function apply(mount: Mount, { key, text, field }: Field): void {
  const flag = (): boolean => boolean(key, text);
  const value = (): string => needed(field, text);
  switch (key) {
    case 'type': mount.Type = value().toLowerCase(); return;
    case 'source': case 'src': mount.Source = /^\.\.?(\/|$)/.test(value()) ? resolve(value()) : value(); return;
    case 'target': case 'dst': case 'destination': mount.Target = value(); return;
    case 'readonly': case 'ro': mount.ReadOnly = flag(); return;
    case 'consistency': mount.Consistency = value().toLowerCase(); return;
    case 'bind-propagation': mount.BindOptions = { ...mount.BindOptions, Propagation: value().toLowerCase() }; return;
    case 'bind-nonrecursive': mount.BindOptions = { ...mount.BindOptions, NonRecursive: flag() }; return;
    case 'bind-create-src': mount.BindOptions = { ...mount.BindOptions, CreateMountpoint: flag() }; return;
    case 'bind-recursive': mount.BindOptions = { ...mount.BindOptions, ...recursion(value()) }; return;
    case 'volume-nocopy': mount.VolumeOptions = { ...mount.VolumeOptions, NoCopy: flag() }; return;
    case 'volume-subpath': mount.VolumeOptions = { ...mount.VolumeOptions, Subpath: value() }; return;
    case 'volume-driver': mount.VolumeOptions = { ...mount.VolumeOptions, DriverConfig: { ...mount.VolumeOptions?.DriverConfig, Name: value() } }; return;
    case 'image-subpath': mount.ImageOptions = { ...mount.ImageOptions, Subpath: value() }; return;
    case 'tmpfs-size': mount.TmpfsOptions = { ...mount.TmpfsOptions, SizeBytes: size(key, value()) }; return;
    case 'tmpfs-mode': mount.TmpfsOptions = { ...mount.TmpfsOptions, Mode: mode(key, value()) }; return;
    default:
      if (text === undefined) throw new Error(`invalid field '${field}' must be a key=value pair`);
      throw new Error(`unexpected key '${key}' in '${field}'`);
  }
}

function needed(field: string, text: string | undefined): string {
  if (text === undefined) throw new Error(`invalid field '${field}' must be a key=value pair`);
  return text;
}

function boolean(key: string, text: string | undefined): boolean {
  if (text === undefined || /^(1|true)$/i.test(text)) return true;
  if (/^(0|false)$/i.test(text)) return false;
  throw new Error(`invalid value for ${key}: ${text}`);
}

function recursion(text: string): NonNullable<Mount['BindOptions']> {
  switch (text) {
    case 'enabled': return {};
    case 'disabled': return { NonRecursive: true };
    case 'writable': return { ReadOnlyNonRecursive: true };
    case 'readonly': return { ReadOnlyForceRecursive: true };
    default: throw new Error(`invalid value for bind-recursive: ${text} (must be "enabled", "disabled", "writable", or "readonly")`);
  }
}

function size(key: string, text: string): number {
  try {
    return parseBytes(text);
  } catch {
    throw new Error(`invalid value for ${key}: ${text}`);
  }
}

function mode(key: string, text: string): number {
  if (!/^[0-7]+$/.test(text)) throw new Error(`invalid value for ${key}: ${text}`);
  return Number.parseInt(text, 8);
}

const ownOptions = { bind: 'BindOptions', volume: 'VolumeOptions', image: 'ImageOptions', tmpfs: 'TmpfsOptions' } as const;

function checked(mount: Mount): Mount {
  if (mount.Type === '') throw new Error('type is required');
  if ((mount.Target ?? '') === '') throw new Error('target is required');
  for (const [type, options] of Object.entries(ownOptions)) {
    if (mount[options] !== undefined && mount.Type !== type) throw new Error(`cannot mix '${type}-*' options with mount type '${mount.Type}'`);
  }
  const bind = mount.BindOptions;
  if (bind?.ReadOnlyNonRecursive === true && mount.ReadOnly !== true) throw new Error("option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction");
  if (bind?.ReadOnlyForceRecursive === true) {
    if (mount.ReadOnly !== true) throw new Error("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
    if (bind.Propagation !== 'rprivate') throw new Error("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction");
  }
  return mount;
}
