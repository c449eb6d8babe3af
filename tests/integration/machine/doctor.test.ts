/** Hosts on which containers cannot run, each made in a mount namespace of its own: `gantry doctor` says what is wrong and what to do. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gantryProgram } from '../../support/daemon.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Finding { check: string; outcome: string; detail: string; remedy?: string }

/** @param host shell commands that break the host */
function doctor(host: string, ...args: string[]): { exitCode: number | null; findings: Finding[] } {
  const run = spawnSync('unshare', ['-m', 'sh', '-ec', `${host}\nexec "$@"`, 'sh', ...gantryProgram(), 'doctor', '--format', 'json', ...args], { encoding: 'utf8' });
  assert.equal(run.stderr, '');
  return { exitCode: run.status, findings: JSON.parse(run.stdout) as Finding[] };
}

const hide = (find: string): string => `for file in $(${find}); do mount --bind /dev/null "$(readlink -f "$file")"; done`;
const controlGroups = "cut -d' ' -f2 /proc/mounts | grep '^/sys/fs/cgroup' | tac | xargs umount -l";

const broken: [host: string, commands: string, names: string[]][] = [
  ['without control groups', controlGroups, ['cgroups', 'runtime crun', 'runtime runc']],
  ['without a runtime that works', hide('command -v crun; command -v runc'), ['runtime crun', 'runtime runc']],
  ['whose /run is read-only', 'mount -t tmpfs -o ro tmpfs /run', ['run']],
  // Not /tmp: this checkout may lie there.
  ['whose temporary folder is read-only', 'mount -t tmpfs -o ro tmpfs /dev/shm; TMPDIR=/dev/shm; export TMPDIR', ['temporary']],
];

describe('gantry doctor', () => {
  for (const [title, commands, names] of broken) {
    test(`says what to do on a host ${title}`, () => {
      const { exitCode, findings } = doctor(commands);
      const failed = findings.filter(({ outcome }) => outcome === 'fail');
      assert.deepEqual([exitCode, failed.map(({ check }) => check)], [1, names]);
      assert.ok(failed.every(({ remedy }) => remedy !== undefined));
    });
  }

  test('tells a full disk, and one that is read-only, by the folder', async () => {
    await using folder = await temporaryFolder();
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    const full = doctor(`mount -t tmpfs -o size=64k tmpfs ${disk}; head -c 64k /dev/zero > ${disk}/all || :`, '--root', `${disk}/data`);
    assert.match(full.findings.find(({ check }) => check === 'space')?.remedy ?? '', /^Free some/);
    const readOnly = doctor(`mount -t tmpfs -o ro tmpfs ${disk}`, '--root', `${disk}/data`);
    assert.match(readOnly.findings.find(({ check }) => check === 'root')?.detail ?? '', /data cannot be written to: .*read-only file system/);
    assert.deepEqual([full.exitCode, readOnly.exitCode], [1, 1]);
  });
});
