import { basename } from 'node:path';
import type { Rlimit } from './ulimits.ts';

/** crun 1.8 sets a container's limits before it mounts, and then has up to 30 descriptors. */
const needed = 32;
const least = 64;

export interface OpenFiles { soft: number; hard: number }

/**
 * A limit of open files that crun itself could not work under is left to whoever starts it, who sets it on the finished process before its program
 * runs: `openFiles`. runc makes do with half of that, as it does with Docker. Without CAP_SYS_RESOURCE a process of another user takes no limit
 * from anybody: that is asked for only where crun would fail.
 */
export function withRoomForRuntime(spec: object, runtime: string): { spec: object; openFiles?: OpenFiles } {
  const { process } = spec as { process: { rlimits: Rlimit[]; user: { uid: number } } };
  const limit = process.rlimits.find(({ type }) => type === 'RLIMIT_NOFILE');
  // One without limit is no number.
  if (limit === undefined || typeof limit.soft !== 'number' || typeof limit.hard !== 'number' || limit.soft >= (process.user.uid === 0 ? least : needed) || basename(runtime) !== 'crun') return { spec };
  const { soft, hard } = limit;
  const roomy = { ...limit, soft: least, hard: Math.max(hard, least) };
  return { spec: { ...spec, process: { ...process, rlimits: process.rlimits.map((each) => (each === limit ? roomy : each)) } }, openFiles: { soft, hard } };
}
