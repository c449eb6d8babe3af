import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errnoOf, isGantryError } from '../../base/errors.ts';
import { FileLock } from '../../host/files-lock.ts';
import { runProgram } from '../../host/run-program.ts';
import { sendSignal } from '../../host/processes.ts';
import { findProgram } from '../../host/find-program.ts';
import { imageMaker } from './embedded-image.ts';
import { servicePath, serviceUnit } from './service-unit.ts';

/** The launcher is one folder above the programs, in a checkout and in a package. */
const launcher = join(dirname(imageMaker), '../gantry');
const daemonLock = '/run/gantry/daemon.lock';
const name = 'gantry.service';
/** A daemon ends in a moment; one that has not in this time hangs. */
const endLimitMs = 60_000;

/** systemd runs this host. Source: sd_booted(3). */
export function hasSystemd(): boolean {
  return existsSync('/run/systemd/system') && findProgram('systemctl') !== undefined;
}

/**
 * Writes the unit, takes over from a daemon that a command has started, and lets systemd start the daemon now and at every boot.
 * @throws Error with systemctl's own words
 */
export async function installService(say: (line: string) => void): Promise<void> {
  const unit = serviceUnit(launcher);
  if (!existsSync(servicePath) || readFileSync(servicePath, 'utf8') !== unit) {
    say(`writing ${servicePath}`);
    writeFileSync(`${servicePath}.new`, unit, { mode: 0o644 });
    renameSync(`${servicePath}.new`, servicePath);
    await systemctl('daemon-reload');
  }
  const mainPid = (await systemctl('show', '--property=MainPID', '--value', name)).trim();
  await endOtherDaemon(Number(mainPid), say);
  say('starting the service gantry, now and at every boot');
  await systemctl('enable', '--now', name);
}

/** Its containers keep running: the service's daemon finds them. */
async function endOtherDaemon(own: number, say: (line: string) => void): Promise<void> {
  let asked = 0;
  for (const deadline = performance.now() + endLimitMs; ;) {
    const holder = holderOf(daemonLock);
    if (holder === undefined || holder === own) return;
    if (performance.now() > deadline) throw new Error(`the daemon with process id ${holder} does not end`);
    // 0: it holds the lock, and has not yet written who it is.
    if (holder !== 0 && holder !== asked) {
      say(`ending the daemon that a command has started (process ${holder}); containers keep running`);
      askToEnd(holder);
      asked = holder;
    }
    await setTimeout(50);
  }
}

function askToEnd(pid: number): void {
  try {
    sendSignal(pid, 15);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

/** The process id of the lock's holder; undefined when nobody holds it. */
function holderOf(path: string): number | undefined {
  if (!existsSync(dirname(path))) return undefined;
  try {
    FileLock.acquire(path).release();
    return undefined;
  } catch (error) {
    if (!isGantryError(error) || error.kind !== 'conflict') throw error;
    return Number(readFileSync(path, 'utf8'));
  }
}

async function systemctl(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram('systemctl', args);
  if (exitCode !== 0) throw new Error(`systemctl ${args.join(' ')}: ${stderr.trim() || `exit code ${exitCode}`}`);
  return stdout;
}
