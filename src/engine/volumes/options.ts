import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { getSystemErrorMessage } from 'node:util';
import { GantryError, messageOf } from '../../base/errors.ts';
import { HostError } from '../../host/ffi.ts';
import { mount, unmount } from '../../host/mount.ts';
import { parseMountOptions } from '../../host/mount-options.ts';
import { mountWaiting } from '../../host/mount-waiting.ts';

/** Driver options of `local`: what mount(8) would be told. Source: Docker's `volume create`, "Driver-specific options". */
const known = ['type', 'o', 'device', 'size'];
const needs: readonly [option: string, others: readonly string[]][] = [['type', ['device']], ['o', ['device', 'type']], ['device', ['type']]];

/** @throws invalid with Docker's sentences */
export function checkVolumeOptions(options: Record<string, string>): void {
  for (const option of Object.keys(options)) {
    if (!known.includes(option)) throw new GantryError('invalid', `invalid option: "${option}"`);
  }
  for (const [option, others] of needs) {
    if (options[option] === undefined) continue;
    const missing = others.find((other) => options[other] === undefined);
    if (missing !== undefined) throw new GantryError('invalid', `missing required option: "${missing}"`);
  }
  if (options['size'] === undefined) return;
  if (!/^\d+(?:\.\d+)? ?(?:[bkmgtp](?:i?b)?)?$/i.test(options['size'])) throw new GantryError('invalid', `invalid size: '${options['size']}'`);
  if (Number.parseFloat(options['size']) > 0) throw new GantryError('invalid', 'quota size requested but no quota support');
}

/** Whether something must be mounted before a volume with these options can be used. */
export function isMounted(options: Record<string, string>): boolean {
  return options['device'] !== undefined;
}

const served = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', '9p', 'glusterfs']);

/** Whether another machine must answer before its files can be read. */
export function isServed(options: Record<string, string>): boolean {
  return served.has(options['type'] ?? '');
}

/** Mounts what the options name at `target`. @throws internal with Docker's sentence; passwords are left out of it */
export async function mountVolume(options: Record<string, string>, target: string): Promise<void> {
  const { type = '', device = '', o = '' } = options;
  const { flags, propagation, data: plain } = parseMountOptions(o);
  try {
    const data = isServed(options) ? await withAddress(type, device, plain) : plain;
    if (isServed(options)) await mountWaiting({ source: device, target, type, flags, data });
    else mount(device, target, { type, flags, data });
    try {
      afterwards(target, flags, propagation);
    } catch (error) {
      unmount(target, { lazy: true });
      throw error;
    }
  } catch (cause) {
    const said = cause instanceof HostError
      ? `mount ${device}:${target}${flags === 0 ? '' : `, flags: 0x${flags.toString(16)}`}${plain === '' ? '' : `, data: ${plain}`}: ${getSystemErrorMessage(-cause.errno)}`
      : messageOf(cause);
    throw new GantryError('internal', `failed to mount local volume: ${said.replace(/\bpassword=[^,:]*/g, 'password=********')}`, { cause });
  }
}

/** The kernel does these in calls of their own: a bind mount takes flags only when it is mounted again. */
function afterwards(target: string, flags: number, propagation: number): void {
  const [bind, remount, recursive] = [4096, 32, 16384];
  if ((flags & bind) !== 0 && (flags & ~(bind | recursive)) !== 0) mount('none', target, { flags: (flags & ~recursive) | remount });
  if (propagation !== 0) mount('none', target, { flags: propagation });
}

/** mount(2) knows addresses only; mount.nfs and mount.cifs, which are not used, would resolve names. */
async function withAddress(type: string, device: string, data: string): Promise<string> {
  const named = /(?:^|,)addr=([^,]*)/.exec(data)?.[1];
  const host = named ?? (type === 'cifs' || type === 'smb3' ? /^(?:smb:)?\/\/([^/:]+)/.exec(device)?.[1] : undefined);
  if (host === undefined || host === '') return data;
  const address = isIP(host) === 0 ? await resolveName(host) : host;
  if (named !== undefined) return data.replace(`addr=${named}`, `addr=${address}`);
  return type === 'nfs' || type === 'nfs4' ? data : [data, `ip=${address}`].filter((part) => part !== '').join(',');
}

async function resolveName(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new GantryError('invalid', `error resolving passed in network volume address: lookup ${host}: no such host`, { cause });
  }
}
