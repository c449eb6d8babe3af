import { readFileSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { cgroupMounts } from '../../src/host/cgroups.ts';
import { mountTable } from '../../src/host/mount-info.ts';

/**
 * Processes that have a folder in their environment (as TMPDIR, say), command line, working directory or mounts: those that a test started, wherever
 * they have gone since, and the containers whose files lie there.
 */
export function markedProcesses(mark: string): { pid: number; command: string }[] {
  const own = mountTable();
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).flatMap((name) => {
    try {
      const of = (file: string): string => readFileSync(join('/proc', name, file), 'utf8');
      const mounts = mountTable(Number(name));
      const marked = of('cmdline').includes(mark) || of('environ').includes(mark) || readlinkSync(`/proc/${name}/cwd`).startsWith(mark) || (mounts !== own && mounts.includes(mark));
      return marked ? [{ pid: Number(name), command: of('cmdline').replaceAll('\0', ' ').trim() }] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** Ends them all, also those that begin while others end, and removes the control groups that an engine put them into. @returns what was ended */
export async function endMarked(mark: string): Promise<string[]> {
  const ended = new Map<number, string>();
  const cgroups = new Set<string>();
  for (let rounds = 0; rounds < 50; rounds++) {
    const left = markedProcesses(mark);
    if (left.length === 0) break;
    for (const { pid, command } of left) {
      ended.set(pid, command);
      for (const path of cgroupsOf(pid)) cgroups.add(path);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        continue; // it ended meanwhile
      }
    }
    await setTimeout(100);
  }
  for (const { mountPoint } of cgroupMounts()) for (const path of cgroups) removeUpwards(mountPoint, path);
  return [...ended].map(([pid, command]) => `process ${pid} ${command}`);
}

/** The paths of a process in the hierarchies of control groups, as far as they are an engine's. */
function cgroupsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n').map((line) => line.split(':')[2] ?? '').filter((path) => path.includes('gantry'));
  } catch {
    return []; // it ended meanwhile
  }
}

function removeUpwards(mountPoint: string, path: string): void {
  for (let at = path; at.includes('gantry'); at = dirname(at)) {
    try {
      rmdirSync(join(mountPoint, at));
    } catch {
      // Not in this hierarchy, or in use by another container still.
    }
  }
}
