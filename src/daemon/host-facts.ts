import { existsSync, globSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { hostArchitecture } from '../host/architecture.ts';
import { cgroupMounts, cgroupVersion, type CgroupMount } from '../host/cgroups.ts';
import { hostDevices } from '../host/devices.ts';
import { findProgram } from '../host/find-program.ts';
import type { HostFacts } from '../runtime/spec/spec-input.ts';

/** Names of capabilities by number. Source: include/uapi/linux/capability.h */
const capabilityNames = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW '
  + 'IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD '
  + 'LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ').map((name) => `CAP_${name}`);

/** What the spec of containers depends on here. Read once, at the start of the daemon. */
export function readHostFacts(options: { runtimeName: string; initPath: string | undefined }): HostFacts {
  const mounts = cgroupMounts();
  const status = readFileSync('/proc/self/status', 'utf8');
  const bounding = BigInt(`0x${/^CapBnd:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`);
  return {
    cgroupVersion: cgroupVersion(mounts),
    controllers: controllersOf(mounts),
    capabilities: capabilityNames.filter((_, bit) => (bounding >> BigInt(bit)) & 1n),
    apparmor: readIfThere('/sys/module/apparmor/parameters/enabled').startsWith('Y'),
    seccomp: /^Seccomp:/m.test(status),
    hardLimits: hardLimits(),
    kernel: release(),
    architecture: hostArchitecture(),
    swapAccounting: hasSwapAccounting(mounts),
    runtimeName: options.runtimeName,
    initPath:
      // Bound into every image, so it must need nothing from one: the static builds.
      options.initPath ?? findProgram('docker-init') ?? findProgram('tini-static'),
    devices: hostDevices(),
    throttlePaths: throttlePaths(),
  };
}

/** Virtual machines seldom have any. */
function throttlePaths(): string[] {
  return globSync('/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle').sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

function controllersOf(mounts: CgroupMount[]): string[] {
  if (cgroupVersion(mounts) === 1) return [...new Set(mounts.flatMap((mount) => mount.controllers))];
  const unified = mounts.find((mount) => mount.version === 2);
  return readIfThere(join(unified?.mountPoint ?? '', 'cgroup.controllers')).trim().split(/\s+/).filter((name) => name !== '');
}

function hasSwapAccounting(mounts: CgroupMount[]): boolean {
  // On version 2 the root group has no swap files; the kernel counts swap whenever it has swap at all.
  if (cgroupVersion(mounts) === 2) return existsSync('/proc/swaps');
  const memory = mounts.find((mount) => mount.controllers.includes('memory'));
  return memory !== undefined && existsSync(join(memory.mountPoint, 'memory.memsw.limit_in_bytes'));
}

function hardLimits(): HostFacts['hardLimits'] {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = (name: string): number => {
    const value = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, 'm').exec(limits)?.[1] ?? 'unlimited';
    return value === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(value);
  };
  return { nofile: hard('Max open files'), nproc: hard('Max processes') };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
