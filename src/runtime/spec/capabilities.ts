import { GantryError } from '../../base/errors.ts';

/** What a container has unless it asks otherwise: enough for packages and servers, nothing that reaches the host. */
export const defaultCapabilities: readonly string[] = [
  'CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FSETID', 'CAP_FOWNER', 'CAP_MKNOD', 'CAP_NET_RAW', 'CAP_SETGID', 'CAP_SETUID', 'CAP_SETFCAP',
  'CAP_SETPCAP', 'CAP_NET_BIND_SERVICE', 'CAP_SYS_CHROOT', 'CAP_KILL', 'CAP_AUDIT_WRITE',
];

/** Every capability of Linux, by number. Source: capabilities(7), linux/capability.h of 5.9 and later. */
export const knownCapabilities: readonly string[] = [
  'CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID', 'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE', 'CAP_NET_BIND_SERVICE', 'CAP_NET_BROADCAST', 'CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_IPC_LOCK', 'CAP_IPC_OWNER',
  'CAP_SYS_MODULE', 'CAP_SYS_RAWIO', 'CAP_SYS_CHROOT', 'CAP_SYS_PTRACE', 'CAP_SYS_PACCT', 'CAP_SYS_ADMIN', 'CAP_SYS_BOOT', 'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE', 'CAP_SYS_TIME', 'CAP_SYS_TTY_CONFIG', 'CAP_MKNOD', 'CAP_LEASE', 'CAP_AUDIT_WRITE', 'CAP_AUDIT_CONTROL', 'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE', 'CAP_MAC_ADMIN', 'CAP_SYSLOG', 'CAP_WAKE_ALARM', 'CAP_BLOCK_SUSPEND', 'CAP_AUDIT_READ', 'CAP_PERFMON', 'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
];

export interface CapabilityRequest {
  add: readonly string[];
  drop: readonly string[];
  privileged: boolean;
  /** In the daemon's bounding set. */
  available: readonly string[];
}

/**
 * The bounding set: the default one, less what is dropped, plus what is added; `ALL` adds or drops everything, and adding ALL wins.
 * @throws invalid for a name that Linux does not know or that cannot be given here
 */
export function boundingSet(request: CapabilityRequest): string[] {
  const available = knownCapabilities.filter((name) => request.available.includes(name));
  const add = normalizeCapabilities(request.add, request.available);
  const drop = normalizeCapabilities(request.drop, request.available);
  if (request.privileged) return available;
  if (add.includes('ALL')) return available.filter((name) => !drop.includes(name));
  const basics = drop.includes('ALL') ? [] : defaultCapabilities.filter((name) => request.available.includes(name) && !drop.includes(name));
  return [...new Set([...basics, ...add])];
}

/** Upper case with the `CAP_` prefix; `ALL` stays. @throws invalid */
export function normalizeCapabilities(names: readonly string[], available: readonly string[]): string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === 'ALL') return upper;
    const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (!knownCapabilities.includes(full)) {
      throw new GantryError('invalid', `unknown capability: ${JSON.stringify(full)}`);
    }
    if (!available.includes(full)) {
      throw new GantryError('invalid', `capability not supported by your kernel or not available in the current environment: ${JSON.stringify(full)}`);
    }
    return full;
  });
}

/** As execve(2) would leave them: another user than root starts without any, and may regain them only through the bounding set. */
export function capabilitySets(bounding: string[], uid: number): { bounding: string[]; permitted?: string[]; effective?: string[] } {
  return uid === 0 ? { bounding, permitted: bounding, effective: bounding } : { bounding };
}
