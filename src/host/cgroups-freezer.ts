import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '../base/errors.ts';
import { cgroupDirectory, cgroupVersion, type CgroupMount } from './cgroups.ts';

const pauseMs = 2;
const patienceMs = 10_000;

/** Stops every process of the cgroup; resolves when all of them stand still. @throws unavailable when they do not in time */
export async function freezeCgroup(mounts: CgroupMount[], path: string): Promise<void> {
  await setFrozen(mounts, path, true);
}

export async function thawCgroup(mounts: CgroupMount[], path: string): Promise<void> {
  await setFrozen(mounts, path, false);
}

async function setFrozen(mounts: CgroupMount[], path: string, frozen: boolean): Promise<void> {
  const directory = cgroupDirectory(mounts, 'freezer', path);
  if (directory === undefined) throw new GantryError('unavailable', 'the freezer cgroup is not mounted');
  const isDone = cgroupVersion(mounts) === 2 ? writeV2(directory, frozen) : writeV1(directory, frozen);
  for (const started = Date.now(); !isDone();) {
    if (Date.now() - started > patienceMs) throw new GantryError('unavailable', `the processes in ${path} do not ${frozen ? 'freeze' : 'thaw'}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function writeV2(directory: string, frozen: boolean): () => boolean {
  writeFileSync(join(directory, 'cgroup.freeze'), frozen ? '1' : '0');
  return () => readFileSync(join(directory, 'cgroup.events'), 'utf8').includes(`frozen ${frozen ? 1 : 0}`);
}

/** A process that forks while it is frozen can leave version 1 in FREEZING for ever: writing again moves it on. */
function writeV1(directory: string, frozen: boolean): () => boolean {
  const file = join(directory, 'freezer.state');
  const wanted = frozen ? 'FROZEN' : 'THAWED';
  writeFileSync(file, wanted);
  return () => {
    if (readFileSync(file, 'utf8').trim() === wanted) return true;
    writeFileSync(file, wanted);
    return false;
  };
}
