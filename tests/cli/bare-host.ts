import { runProgram, type Outcome } from './clients.ts';

/**
 * Runs a script where nothing of an engine is there: mounts and a network of its own hide the host's `/run` and `/var/lib/gantry`. `$@` is
 * `argv`; a daemon that a command has started is ended, and waited for, before the script is.
 */
export function onBareHost(argv: readonly string[], script: string): Promise<Outcome> {
  const { PATH } = process.env;
  const around = `set -e
mount -t tmpfs none /run
mkdir -p /var/lib/gantry
mount -t tmpfs none /var/lib/gantry
end() {
  [ -s /run/gantry/daemon.lock ] || return 0
  read -r pid </run/gantry/daemon.lock
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
trap end EXIT
${script}`;
  return runProgram(['unshare', '-mn', '--propagation', 'private', 'sh', '-c', around, 'sh', ...argv], { env: { PATH, HOME: '/' } });
}
