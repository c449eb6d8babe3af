/**
 * A census of what an engine can leave behind on a host: mounts, network links, firewall tables, control groups, processes, files.
 * Two of them are compared around a suite; namespaces and FIFOs show as mounts, processes and files.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { mountTable } from '../../src/host/mount-info.ts';
import { hooks } from './traces.ts';

const patienceMs = 60_000;

export type Census = Record<'mounts' | 'links' | 'tables' | 'hooks' | 'cgroups' | 'processes' | 'files', Set<string>>;

export function census(): Census {
  return { mounts: mounts(), links: links(), tables: tables(), hooks: new Set(hooks()), cgroups: cgroups(), processes: processes(), files: files() };
}

/**
 * What is there now and was not before, one line each; `concerns` leaves out what is not the caller's. Removals that the kernel or the engine finishes late are waited for, up to a minute.
 */
export async function censusDifference(before: Census, options: { concerns?: (entry: string) => boolean } = {}): Promise<string[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const left = difference(before, census()).filter(options.concerns ?? (() => true));
    if (left.length === 0 || performance.now() > deadline) return left;
    await setTimeout(100);
  }
}

function difference(before: Census, after: Census): string[] {
  return Object.entries(after).flatMap(([kind, now]) => (
    [...now].filter((entry) => !before[kind as keyof Census].has(entry)).map((entry) => `${kind}: ${entry}`)
  ));
}

function mounts(): Set<string> {
  const lines = mountTable().trim().split('\n');
  return new Set(lines.map((line) => {
    const words = line.split(' ');
    return `${words[4]} (${words[words.indexOf('-', 6) + 1]})`;
  }));
}

function links(): Set<string> {
  return new Set(readdirSync('/sys/class/net'));
}

/** Without nft there are no tables that Gantry's library could have made unseen: set-up for tests installs it. */
function tables(): Set<string> {
  const { stdout } = spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' });
  return new Set((stdout ?? '').split('\n').filter((line) => line !== ''));
}

/** Only Gantry's: other programs of the host come and go meanwhile. */
function cgroups(): Set<string> {
  const found = new Set<string>();
  const walk = (folder: string, depth: number): void => {
    for (const entry of listDirectories(folder)) {
      const path = join(folder, entry);
      if (path.includes('gantry')) found.add(path);
      if (depth < 4) walk(path, depth + 1);
    }
  };
  walk('/sys/fs/cgroup', 0);
  return found;
}

function listDirectories(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return []; // removed while we looked
  }
}

/** Processes that an engine of this checkout runs: by their command line, or by being in one of its control groups. */
function processes(): Set<string> {
  const found = new Set<string>();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const inCgroup = readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes('gantry');
      if (inCgroup || / daemon( |$).*--root|\bmonitor\.(ts|js)\b|^\S*\b(crun|runc)\b.* gantry/.test(command)) found.add(`${pid} ${command}`);
    } catch {
      continue; // ended while we looked
    }
  }
  return found;
}

/** The lock of all engines of the host stays, as xtables.lock does. */
const kept = '/run/gantry-subnets.lock';

function files(): Set<string> {
  const roots = ['/tmp', '/run', '/var/lib', '/dev/shm'].filter((folder) => existsSync(folder)).map((folder) => realpathSync(folder));
  return new Set(roots.flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith('gantry')).map((name) => join(folder, name))).filter((path) => path !== kept));
}
