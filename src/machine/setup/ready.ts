import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { takeLockFile } from '../../host/processes-lock.ts';

/** The launcher reads this: root looks at the host once a boot and a build. */
const marker = '/run/gantry/host-ready';

export function markReady(): void {
  makeRunFolder();
  writeFileSync(marker, readFileSync('/proc/sys/kernel/random/boot_id'));
}

/**
 * Two first commands at a time, or two checkouts, do what is to be done one after the other: whoever waits finds it done. Held until this process ends.
 * @throws Error when /run cannot be written to
 */
export async function takeSetupLock(say: (line: string) => void): Promise<void> {
  makeRunFolder();
  for (let told = false; ; await setTimeout(roundMs)) {
    if (takeLockFile('/run/gantry/setup.lock') !== undefined) return;
    if (!told) say('another set-up is at work on this host; waiting for it to end ...');
    told = true;
  }
}

function makeRunFolder(): void {
  mkdirSync('/run/gantry', { recursive: true, mode: 0o711 });
}

const roundMs = 100;
