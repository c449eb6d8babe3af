import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMounts } from './cgroups.ts';

/** Limits on block devices, by the file of cgroup v1 that takes them. Kernels without the CFQ or BFQ scheduler have no weights. */
export type BlockIoLimit =
  | 'blkio.weight' | 'blkio.weight_device' | 'blkio.throttle.read_bps_device' | 'blkio.throttle.write_bps_device'
  | 'blkio.throttle.read_iops_device' | 'blkio.throttle.write_iops_device';

/** Whether this host has it. On cgroup v2 the controller `io` has them all. */
export function hasBlockIoLimit(limit: BlockIoLimit, controllers: readonly string[]): boolean {
  if (controllers.includes('io')) return true;
  const mount = cgroupMounts().find((each) => each.controllers.includes('blkio'));
  return mount !== undefined && existsSync(join(mount.mountPoint, limit));
}
