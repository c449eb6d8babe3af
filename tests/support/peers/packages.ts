import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const cache = join(import.meta.dirname, '../../../.cache/peers');

/**
 * Debian packages and what they need beyond this host's, unpacked into .cache/peers/<name> and never installed.
 * Kept between runs. @throws with apt's words when they cannot be had
 */
export function unpackPackages(name: string, packages: string[]): string {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  const building = `${folder}.${process.pid}`;
  mkdirSync(join(building, 'usr'), { recursive: true });
  try {
    const names = withDependencies(packages);
    apt(['download', ...names], building);
    for (const archive of globSync('*.deb', { cwd: building })) {
      const { status, stderr } = spawnSync('dpkg', ['-x', archive, '.'], { cwd: building, encoding: 'utf8' });
      if (status !== 0) throw new Error(`cannot unpack ${archive}: ${stderr}`);
      rmSync(join(building, archive));
    }
    mergeUsr(building);
    renameSync(building, folder);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // else another process was first
  }
  return folder;
}

function withDependencies(packages: string[]): string[] {
  if (apt(['install', '--simulate', '--no-install-recommends', ...packages], '/', true) === undefined) apt(['update'], '/');
  const plan = apt(['install', '--simulate', '--no-install-recommends', ...packages], '/') ?? '';
  const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
  return [...new Set([...packages, ...missing])];
}

function apt(args: string[], cwd: string, forgiving = false): string | undefined {
  const { status, stdout, stderr } = spawnSync('apt-get', ['-q', ...args], { cwd, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (status === 0) return stdout;
  if (forgiving) return undefined;
  throw new Error(`apt-get ${args[0]}: ${stderr.trim()}`);
}

/** Older packages name /bin, /sbin and /lib, which are links into /usr on every host that matters. */
function mergeUsr(folder: string): void {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const from = join(folder, name);
    if (!existsSync(from)) continue;
    cpSync(from, join(folder, 'usr', name), { recursive: true, verbatimSymlinks: true });
    rmSync(from, { recursive: true });
  }
}

