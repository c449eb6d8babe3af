import { existsSync, mkdirSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import { installPackages } from '../../host/debian-packages.ts';
import { hardenedFlags, mount } from '../../host/mount.ts';
import { runProgram } from '../../host/run-program.ts';
import { fetchComposePlugin } from './compose-plugin.ts';
import { imageMaker } from './embedded-image.ts';
import { installService } from './install-service.ts';
import { plainName, type SetupStep } from './plan.ts';

/** What went wrong, and how to go on. */
export interface SetupFailure { what: string; next: string }

/** Does one step. Every step may be repeated, and two set-ups may run one after the other without harm. */
export async function act(step: SetupStep, say: (line: string) => void): Promise<SetupFailure | undefined> {
  switch (step.act) {
    case 'installPackages': return await install(step, say);
    case 'mountControllers': return mountControllers(step.controllers, say);
    case 'mountUnified': return mountUnified(say);
    case 'makeImage': return await makeImage(say);
    case 'fetchCompose': return await fetchCompose(say);
    case 'installService': return await makeService(say);
  }
}

async function install(step: { packages: string[]; whys: string[] }, say: (line: string) => void): Promise<SetupFailure | undefined> {
  const names = step.packages.map(plainName);
  say(`installing ${names.map((name, index) => `${name} (${step.whys[index]})`).join(', ')}`);
  if (await installPackages(step.packages, say)) return undefined;
  const command = `apt-get update && apt-get install --no-install-recommends ${names.join(' ')}`;
  return { what: `apt-get could not install ${names.join(', ')}; its own words are above.`, next: `Run this as root, then 'gantry setup' again: ${command}` };
}

function mountControllers(controllers: string[], say: (line: string) => void): SetupFailure | undefined {
  for (const controller of controllers) {
    const target = `/sys/fs/cgroup/${controller}`;
    say(`mounting the control group controller ${controller} on ${target}`);
    try {
      if (!existsSync(target)) mkdirSync(target);
      mount('cgroup', target, { type: 'cgroup', flags: hardenedFlags, data: controller });
    } catch (error) {
      return { what: `cannot mount ${controller}: ${messageOf(error)}.`, next: `Run as root: mount -t cgroup -o ${controller} cgroup ${target}` };
    }
  }
  return undefined;
}

function mountUnified(say: (line: string) => void): SetupFailure | undefined {
  say('mounting control groups (v2) on /sys/fs/cgroup');
  try {
    mount('cgroup2', '/sys/fs/cgroup', { type: 'cgroup2', flags: hardenedFlags });
  } catch (error) {
    return { what: `cannot mount control groups: ${messageOf(error)}.`, next: 'Run as root: mount -t cgroup2 none /sys/fs/cgroup' };
  }
  return undefined;
}

async function makeImage(say: (line: string) => void): Promise<SetupFailure | undefined> {
  say("making the image gantry/busybox from this host's static busybox");
  const { exitCode, stderr } = await runProgram(process.execPath, [imageMaker]);
  if (exitCode === 0) return undefined;
  return { what: `the image gantry/busybox cannot be made: ${stderr.trim()}`, next: 'Everything else works; run \'gantry setup\' to try again.' };
}

/** Only tests use it, and they skip without it. */
async function fetchCompose(say: (line: string) => void): Promise<undefined> {
  say('fetching Compose 2 for the tests');
  const why = await fetchComposePlugin();
  if (why !== undefined) say(`Compose 2 cannot be had (${why}): its tests will skip`);
}

async function makeService(say: (line: string) => void): Promise<SetupFailure | undefined> {
  try {
    await installService(say);
    return undefined;
  } catch (error) {
    return { what: `the service cannot be set up: ${messageOf(error)}`, next: "Its log: journalctl -u gantry. Then 'gantry setup --service' again." };
  }
}
