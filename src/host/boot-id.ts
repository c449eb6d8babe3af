import { readFileSync } from 'node:fs';

/** Another after each start of the machine. */
export function machineBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
