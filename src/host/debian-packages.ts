import { existsSync, readdirSync } from 'node:fs';
import { runVisibly } from './run-program.ts';

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

function hasLists(): boolean {
  return existsSync('/var/lib/apt/lists') && readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('Packages') || name.includes('_Packages.'));
}
