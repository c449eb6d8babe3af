/**
 * Parts of /proc and /sys that show or change the host rather than the container. Docker 28's lists; masked ones read as empty.
 * A path that the host does not have is skipped by the OCI runtime.
 */
const maskedEverywhere = [
  '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats',
  '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap',
];

/** `throttlePaths`: the thermal counters of this host's processors, by which a container could watch what others do. */
export function defaultMaskedPaths(throttlePaths: readonly string[] = []): string[] {
  return [...maskedEverywhere, ...throttlePaths];
}

export const defaultReadonlyPaths: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
