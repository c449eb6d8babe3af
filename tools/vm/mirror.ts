import { spawnSync } from 'node:child_process';

/** Many times what a small Debian takes. */
const patienceMs = 5 * 60_000;

/** There are no packages to make a Debian of: its mirror is out of reach, or too slow. No fault of what is tested. */
export class MirrorFailure extends Error {}

/** What it mounts in the new root, and whatever it starts, ends with it: who clears up after one that was cut off must not find the host's /dev or /sys there. */
const alone = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc', 'mmdebstrap'];

/** Runs mmdebstrap. @throws MirrorFailure, or an error with its last words when it fails for another reason */
export function makeDebian(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('unshare', [...alone, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', maxBuffer: 1 << 28, timeout: patienceMs, killSignal: 'SIGKILL',
  });
  if (status === 0) return;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') throw new MirrorFailure(`mmdebstrap was not over after ${patienceMs / 60_000} minutes`);
  if (error !== undefined) throw new Error(`mmdebstrap could not be started: ${error.message}`);
  const missed = /^E: (Failed to fetch .*)/m.exec(stderr)?.[1];
  if (missed !== undefined) throw new MirrorFailure(`the package mirror is out of reach: ${missed}`);
  throw new Error(`mmdebstrap failed with exit code ${status}:\n${stderr.slice(-2000)}`);
}
