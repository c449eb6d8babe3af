import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gantryProgram } from '../support/daemon.ts';
import { onBareHost } from './bare-host.ts';

test('the first command starts a daemon and says so; the next ones find it', async () => {
  const { code, stdout, stderr } = await onBareHost(gantryProgram(), '"$@" network ls -q | wc -l; "$@" version --format "{{.Server.Os}}"');
  assert.deepEqual([code, stdout.toString(), stderr], [0, '3\nlinux\n', 'No daemon answers; starting one (gantry daemon).\n']);
});

test('of commands that come at once, one starts the daemon and all are served', async () => {
  const { code, stdout, stderr } = await onBareHost(gantryProgram(), 'for n in 1 2 3 4; do "$@" version --format "{{.Server.Os}}" & done; wait');
  assert.deepEqual([code, stdout.toString(), stderr], [0, 'linux\n'.repeat(4), 'No daemon answers; starting one (gantry daemon).\n']);
});

test('a daemon that cannot start is told of with its own last words', async () => {
  const { code, stdout, stderr } = await onBareHost(gantryProgram(), 'mount -o remount,ro /var/lib/gantry; "$@" ps');
  assert.deepEqual([code, stdout.toString()], [1, '']);
  assert.match(stderr, /^No daemon answers; starting one \(gantry daemon\)\.\nthe daemon did not start: it ended with exit code 1\n[^]*read-only file system[^]*Its log is \/run\/gantry\/daemon\.log; "gantry doctor" checks the host\.\n$/);
});

test('nothing is started where an address was named', async () => {
  const { code, stderr } = await onBareHost(gantryProgram(), '"$@" -H unix:///run/other.sock ps');
  assert.deepEqual([code, stderr], [1, 'Cannot connect to the Docker daemon at unix:///run/other.sock. Is the docker daemon running?\n']);
});
