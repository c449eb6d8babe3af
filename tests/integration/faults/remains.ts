import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { instanceIdOf } from '../../../src/daemon/config.ts';
import { cgroupMounts } from '../../../src/host/cgroups.ts';
import { mountTable } from '../../../src/host/mount-info.ts';
import { linkGroup } from '../../../src/network/bridge/names.ts';
import type { TestDaemon } from '../../support/daemon.ts';

/** What an engine has on disk and in the kernel, a line each. Sandboxes that wait for containers come and go, and are left out. */
export function remainsOf(daemon: TestDaemon): string[] {
  return [...files(daemon.root), ...files(daemon.runFolder), ...strayLayers(daemon), ...mounts(daemon.folder), ...records(daemon.root), ...inKernel(daemon.root)].sort();
}

/** Files whose names are not a thing's: the engine's own. A layer's mount stays for the next container. */
const own = /\/init-layer$|\/(gantry\.db.*|daemon\.lock|monitor\.(lock|log|sock)|resolver.*|sysctl-before\.json)$|\/netns\/pool-|\/mounts\/root-\d+$|\/run\/(runtime|layers\/[0-9a-f]{32})(\/|$)/;

function files(folder: string): string[] {
  return entriesOf(folder).flatMap(({ path, isDirectory }) => (own.test(path) ? [] : [`file ${path}`, ...(isDirectory ? files(path) : [])]));
}

function entriesOf(folder: string): { path: string; isDirectory: boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => ({ path: join(folder, entry.name), isDirectory: entry.isDirectory() }));
  } catch {
    return []; // removed while we looked
  }
}

/** Mounted layers that no image has. */
function strayLayers({ root, runFolder }: TestDaemon): string[] {
  const kept = readdirSync(join(root, 'snapshots')).flatMap((form) => readdirSync(join(root, 'snapshots', form)));
  return readdirSync(join(runFolder, 'layers')).filter((name) => !kept.includes(name)).map((name) => `layer ${name}`);
}

function mounts(folder: string): string[] {
  return mountTable().split('\n').map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`) && !own.test(path)).map((path) => `mount ${path}`);
}

/** Of a copy: the engine holds its database for itself. */
function records(root: string): string[] {
  using copy = copyOf(root);
  using database = new DatabaseSync(join(copy.path, 'gantry.db'));
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
  return tables.filter(({ name }) => name !== 'settings').flatMap(({ name }) => (
    (database.prepare(`SELECT key FROM "${name}"`).all() as { key: string }[]).map(({ key }) => `record ${name} ${key}`)
  ));
}

function copyOf(root: string): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'gantry-copy-'));
  for (const name of ['gantry.db', 'gantry.db-wal']) copyFileSync(join(root, name), join(path, name));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function inKernel(root: string): string[] {
  const instanceId = instanceIdOf(root);
  const links = readdirSync('/sys/class/net').filter((name) => groupOf(name) === linkGroup(instanceId)).map((name) => `link ${name}`);
  const cgroups = cgroupMounts().flatMap(({ mountPoint }) => entriesOf(join(mountPoint, `gantry-${instanceId}`)).flatMap(({ path, isDirectory }) => (isDirectory ? [`cgroup ${path}`] : [])));
  return [...links, ...cgroups, ...elements(instanceId)];
}

function groupOf(link: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${link}/netdev_group`, 'utf8'));
  } catch {
    return 0; // removed while we looked
  }
}


/** What maps and sets of the firewall hold. */
function elements(instanceId: string): string[] {
  const { stdout } = spawnSync('nft', ['-j', 'list', 'table', 'inet', `gantry-${instanceId}`], { encoding: 'utf8' });
  if (stdout === '') return [];
  const { nftables } = JSON.parse(stdout) as { nftables: { map?: NftSet; set?: NftSet }[] };
  return nftables.flatMap(({ map, set }) => [map, set]).flatMap((each) => (each?.elem ?? []).map((elem) => `element ${each?.name} ${JSON.stringify(elem)}`));
}

interface NftSet { name: string; elem?: unknown[] }
