import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { instanceIdOf } from '../../src/daemon/config.ts';
import { namesOfConnect6 } from '../../src/host/bpf.ts';
import { cgroupMounts } from '../../src/host/cgroups.ts';
import { linkGroup } from '../../src/network/bridge/names.ts';
import { hookName } from '../../src/network/loopback/loopback.ts';

/**
 * What one instance has in the kernel now, a line each: unlike a census it can be taken while other instances come and go on the machine.
 * Waits for removals that are under way until nothing is left, or for a minute.
 */
export async function tracesOf(root: string): Promise<string[]> {
  const instanceId = instanceIdOf(root);
  for (let round = 0; ; round++) {
    const found = [...links(linkGroup(instanceId)), ...tables(instanceId), ...hooks().filter((hook) => hook === `hook ${hookName(instanceId)}`), ...cgroups(instanceId)];
    if (found.length === 0 || round === 600) return found;
    await setTimeout(100);
  }
}

function links(group: number): string[] {
  return readdirSync('/sys/class/net').flatMap((name) => {
    try {
      return Number(readFileSync(`/sys/class/net/${name}/netdev_group`, 'utf8')) === group ? [`link ${name}`] : [];
    } catch {
      return []; // removed while we looked
    }
  });
}

function tables(instanceId: string): string[] {
  const { stdout } = spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').filter((line) => line.endsWith(` gantry-${instanceId}`));
}

/** Programs of any instance on connect(2). */
export function hooks(): string[] {
  const cgroup = cgroupMounts().find(({ version }) => version === 2)?.mountPoint;
  return cgroup === undefined ? [] : namesOfConnect6(cgroup).filter((name) => name.startsWith('gantry_')).map((name) => `hook ${name}`);
}

function cgroups(instanceId: string): string[] {
  const hierarchies = ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup', { withFileTypes: true }).filter((each) => each.isDirectory()).map(({ name }) => join('/sys/fs/cgroup', name))];
  return hierarchies.map((hierarchy) => join(hierarchy, `gantry-${instanceId}`)).filter((path) => existsSync(path)).map((path) => `cgroup ${path}`);
}
