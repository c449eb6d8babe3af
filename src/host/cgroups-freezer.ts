import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, GantryError } from '../base/errors.ts';
import { cgroupDirectory, cgroupVersion, type CgroupMount } from './cgroups.ts';

const pauseMs = 2;
const patienceMs = 10_000;

/**
 * Stops every process of the cgroup; resolves when all of them stand still.
 * @throws notFound when the cgroup is gone, unavailable when they do not stand still in time: they run on then
 */
export async function freezeCgroup(mounts: CgroupMount[], path: string): Promise<void> {
  if (await setFrozen(mounts, path, true)) return;
  throw new GantryError('notFound', `the processes in ${path} have ended`);
}

/** Lets them run on. What ends as soon as it does, and its cgroup with it, was let run. */
export async function thawCgroup(mounts: CgroupMount[], path: string): Promise<void> {
  await setFrozen(mounts, path, false);
}

/** False when the cgroup is gone: its last process may end, and be cleaned up after, between any two calls. */
async function setFrozen(mounts: CgroupMount[], path: string, frozen: boolean): Promise<boolean> {
  const directory = cgroupDirectory(mounts, 'freezer', path);
  if (directory === undefined) throw new GantryError('unavailable', 'the freezer cgroup is not mounted');
  const isDone = cgroupVersion(mounts) === 2 ? stateV2(directory, frozen) : stateV1(directory, frozen);
  try {
    for (const started = performance.now(); !isDone();) {
      if (performance.now() - started > patienceMs) {
        if (frozen) await setFrozen(mounts, path, false);
        throw new GantryError('unavailable', `the processes in ${path} could not be ${frozen ? 'frozen' : 'thawed'} in time`);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return true;
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

function stateV2(directory: string, frozen: boolean): () => boolean {
  return () => {
    writeFileSync(join(directory, 'cgroup.freeze'), frozen ? '1' : '0', { flag: 'r+' });
    return readFileSync(join(directory, 'cgroup.events'), 'utf8').includes(`frozen ${frozen ? 1 : 0}`);
  };
}

/** A process that forks while it is frozen can leave version 1 in FREEZING for ever: writing again moves it on. */
function stateV1(directory: string, frozen: boolean): () => boolean {
  const file = join(directory, 'freezer.state');
  const wanted = frozen ? 'FROZEN' : 'THAWED';
  return () => {
    writeFileSync(file, wanted, { flag: 'r+' });
    return readFileSync(file, 'utf8').trim() === wanted;
  };
}
