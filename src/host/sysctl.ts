import { readFileSync, writeFileSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';

/**
 * Kernel settings below /proc/sys, by path (`net/ipv4/ip_forward`: a dot can be part of a link's name). Those below `net/` belong to the calling
 * thread's network namespace. undefined when this kernel does not have the setting.
 */
export function readSysctl(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes only when the value differs. False when this kernel does not have the setting. */
export function writeSysctl(path: string, value: string): boolean {
  const now = readSysctl(path);
  if (now === undefined) return false;
  if (now !== value) writeFileSync(`/proc/sys/${path}`, value);
  return true;
}
