import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { recordLockHolder } from './record-lock.ts';
import { runProgram, runVisibly } from './run-program.ts';

/** Whether packages can be installed with apt on this host. */
export function hasApt(): boolean {
  return existsSync('/usr/bin/apt-get') && existsSync('/var/lib/dpkg/status');
}

/** What apt and dpkg lock while they work. apt itself waits for the second only. */
const locks = ['/var/lib/apt/lists/lock', '/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock', '/var/cache/apt/archives/lock'];
/** An upgrade of the whole host may take that long. */
const patienceMs = 15 * 60_000;
/** The kernel tells nobody when a lock is free. */
const roundMs = 250;

/**
 * Installs Debian packages without questions, with fresh lists when there are none or the first try fails. A name may be several,
 * `a | b` as dependencies are written: the first that this release has is meant, and one that it has not is left out. Whoever installs
 * something already is waited for. A package's services are not started. apt's own words go to standard error. @returns whether all else is installed
 */
export async function installPackages(names: string[], say: (line: string) => void): Promise<boolean> {
  if (hasLists()) {
    const here = await Promise.all(names.map(nameHere));
    if (!here.includes(undefined) && await install(here as string[], say)) return true;
  }
  if (!await apt(say, 'update')) return false;
  const here = await Promise.all(names.map(async (name) => ({ name, known: await nameHere(name) })));
  for (const { name, known } of here) if (known === undefined) say(`this release has no package ${name}: left out`);
  return await install(here.flatMap(({ known }) => known ?? []), say);
}

async function install(names: string[], say: (line: string) => void): Promise<boolean> {
  return names.length === 0 || await apt(say, 'install', '-y', '--no-install-recommends', ...names);
}

async function apt(say: (line: string) => void, ...args: string[]): Promise<boolean> {
  await othersEnd(say);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a', SYSTEMD_OFFLINE: '1', LC_ALL: 'C.UTF-8' };
  const options = ['-qq', '-o', `DPkg::Lock::Timeout=${patienceMs / 1000}`, '-o', 'Dpkg::Use-Pty=0'];
  return (await runVisibly('/usr/bin/apt-get', [...options, ...args], env)) === 0;
}

/** Waits until nobody else installs something. */
async function othersEnd(say: (line: string) => void): Promise<void> {
  let told = false;
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await setTimeout(roundMs)) {
    const holder = locks.map(recordLockHolder).find((pid) => pid !== undefined);
    if (holder === undefined) return;
    if (!told) say(`${nameOf(holder)} is at work on this host's packages; waiting for it to end ...`);
    told = true;
  }
}

function nameOf(pid: number): string {
  try {
    return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
  } catch {
    return 'another program';
  }
}

/** The first of alternatives that the lists know. */
async function nameHere(name: string): Promise<string | undefined> {
  for (const each of name.split(' | ')) {
    if ((await runProgram('/usr/bin/apt-cache', ['show', each])).exitCode === 0) return each;
  }
  return undefined;
}

/**
 * Fetches one file of Debian's archive, by apt's own way to it (its proxies, its patience), and checks it. `path` is that below the archive's
 * root. @throws with apt's words when it cannot be had or is another
 */
export async function fetchDebianFile(path: string, { sha256, file }: { sha256: string; file: string }): Promise<void> {
  const patience = ['-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=1'];
  const { exitCode, stdout, stderr } = await runProgram('/usr/lib/apt/apt-helper', [...patience, 'download-file', `http://deb.debian.org/debian/${path}`, file, `SHA256:${sha256}`], {
    timeoutMs: 120_000, env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (exitCode !== 0) throw new Error(lastError(stderr) ?? lastError(stdout) ?? `apt-helper ended with ${exitCode}`);
}

function lastError(said: string): string | undefined {
  return said.split('\n').find((line) => /^E(rr)?:/.test(line));
}

/** Unpacks a package's files into a folder; none of its scripts runs. @throws with dpkg's words */
export async function unpackDebianPackage(file: string, folder: string): Promise<void> {
  const { exitCode, stderr } = await runProgram('/usr/bin/dpkg-deb', ['--extract', file, folder]);
  if (exitCode !== 0) throw new Error(`dpkg-deb could not unpack ${file}: ${stderr.trim()}`);
}

function hasLists(): boolean {
  return existsSync('/var/lib/apt/lists') && readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('Packages') || name.includes('_Packages.'));
}
