import { existsSync, readdirSync } from 'node:fs';
import { runProgram, runVisibly } from './run-program.ts';

/** Whether packages can be installed with apt on this host. */
export function hasApt(): boolean {
  return existsSync('/usr/bin/apt-get') && existsSync('/var/lib/dpkg/status');
}

/**
 * Installs Debian packages without questions, with fresh lists when there are none or the first try fails.
 * A package's services are not started. apt's own words go to standard error. @returns whether all are installed
 */
export async function installPackages(names: string[]): Promise<boolean> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a', SYSTEMD_OFFLINE: '1', LC_ALL: 'C.UTF-8' };
  const apt = async (...args: string[]): Promise<boolean> => (
    await runVisibly('/usr/bin/apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0', ...args], env)
  ) === 0;
  const install = (): Promise<boolean> => apt('install', '-y', '--no-install-recommends', ...names);
  if (hasLists() && await install()) return true;
  return await apt('update') && await install();
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
