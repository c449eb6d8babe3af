import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { cgroupMounts } from '../../src/host/cgroups.ts';
import { mountTable } from '../../src/host/mount-info.ts';

/** Detaches every mount below a folder, the last first. @returns their paths */
export function unmountBelow(folder: string): string[] {
  const points = mountTable().trim().split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse();
  for (const point of points) spawnSync('umount', ['-l', point]);
  return points.map((point) => `mount ${point}`);
}

/**
 * Waits a minute, for a slow machine's sake, for the processes that name the folder in their command line to end by themselves, then ends them.
 * @returns those that had to be ended
 */
export async function endProcessesOf(folder: string): Promise<string[]> {
  for (let patience = 0; patience < 1200 && processesOf(folder).length > 0; patience++) await setTimeout(50);
  const left = processesOf(folder);
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      continue; // it ended meanwhile
    }
  }
  return left.map(({ pid, command }) => `process ${pid} ${command}`);
}

function processesOf(folder: string): { pid: number; command: string }[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return command.includes(folder) && Number(name) !== process.pid ? [{ pid: Number(name), command }] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** Those of the monitor of that run folder, which has ended. */
export async function removeMonitorCgroups(runFolder: string): Promise<void> {
  const name = `gantry-monitor-${createHash('sha256').update(runFolder).digest('hex').slice(0, 12)}`;
  for (const { mountPoint } of cgroupMounts()) {
    const path = join(mountPoint, name);
    for (let tries = 0; existsSync(path) && tries < 250; tries++) {
      try {
        rmdirSync(path);
      } catch {
        await setTimeout(20); // its processes are on their way out
      }
    }
  }
}
