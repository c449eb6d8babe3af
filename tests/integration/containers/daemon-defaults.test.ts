import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cgroupMounts, removeCgroup } from '../../../src/host/cgroups.ts';
import { startDaemonIn } from '../../support/daemon.ts';
import { Box } from './box.ts';

const noChmod = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['chmod', 'fchmod', 'fchmodat', 'fchmodat2'], action: 'SCMP_ACT_ERRNO' }] };
// Where both versions are, one holds the controllers.
const { mountPoint } = (cgroupMounts().find(({ controllers }) => controllers.includes('pids')) ?? cgroupMounts().find(({ version }) => version === 2))!;

/** What a program in a container sees of its limits and its confinement. */
const look = 'echo "$(ulimit -Sn) $(ulimit -Hn) $(ulimit -Sc)"; grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status; df -k /dev/shm | tail -n 1; chmod 700 /tmp && echo changed';

interface Seen { nofile: string; noNewPrivileges: boolean; isFiltered: boolean; shmKilobytes: number; mayChmod: boolean }

function seen(stdout: string): Seen {
  return {
    nofile: stdout.split('\n')[0] ?? '', noNewPrivileges: /^NoNewPrivs:\s*1$/m.test(stdout), isFiltered: /^Seccomp:\s*2$/m.test(stdout),
    shmKilobytes: Number(/^\S+\s+(\d+).*\/dev\/shm$/m.exec(stdout)?.[1]), mayChmod: /^changed$/m.test(stdout),
  };
}

describe('what the owner gives to containers that say nothing', () => {
  // It goes with the daemon.
  const folder = mkdtempSync(join(tmpdir(), 'gantry-defaults-'));
  const file = join(folder, 'daemon.json');
  const profile = join(folder, 'profile.json');
  const parent = `/${basename(folder)}/inner`;
  let box: Box;
  const say = (settings: object): void => writeFileSync(file, JSON.stringify(settings));
  const ran = async (hostConfig: object = {}): Promise<Seen> => seen((await box.sh(look, { HostConfig: hostConfig })).stdout);

  before(async () => {
    writeFileSync(profile, JSON.stringify(noChmod));
    say({
      'default-ulimits': { nofile: { Name: 'nofile', Soft: 400, Hard: 400 }, core: { Name: 'core', Soft: 0, Hard: 0 } }, 'default-shm-size': '8m', 'default-ipc-mode': 'shareable',
      'default-cgroupns-mode': 'private', 'no-new-privileges': true, 'cgroup-parent': parent, 'seccomp-profile': profile, 'exec-opts': ['native.cgroupdriver=cgroupfs'],
      iptables: true, 'live-restore': true,
    });
    box = await Box.of(await startDaemonIn(folder, { args: ['--config-file', file] }));
  });
  after(async () => {
    await box?.[Symbol.asyncDispose]();
    removeCgroup(cgroupMounts(), parent);
    removeCgroup(cgroupMounts(), join(parent, '..'));
  });

  test('they see its limits, its shared memory, its profile, and that they gain no privileges', async () => {
    assert.deepEqual(await ran(), { nofile: '400 400 0', noNewPrivileges: true, isFiltered: true, shmKilobytes: 8192, mayChmod: false });
  });

  test('what a container says goes before all of it', async () => {
    const said = { Ulimits: [{ Name: 'nofile', Soft: 600, Hard: 600 }], ShmSize: 1 << 20, SecurityOpt: ['no-new-privileges=false', 'seccomp=builtin'] };
    assert.deepEqual(await ran(said), { nofile: '600 600 0', noNewPrivileges: false, isFiltered: true, shmKilobytes: 1024, mayChmod: true });
    assert.equal((await ran({ SecurityOpt: ['seccomp=unconfined'] })).isFiltered, false);
    // As with Docker, a privileged container has no profile, and still gains no privileges.
    const { isFiltered, noNewPrivileges } = await ran({ Privileged: true });
    assert.deepEqual([isFiltered, noNewPrivileges], [false, true]);
  });

  test('an exec has them too', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'] });
    assert.deepEqual(seen((await box.exec(id, ['sh', '-c', look])).stdout), { nofile: '400 400 0', noNewPrivileges: true, isFiltered: true, shmKilobytes: 8192, mayChmod: false });
  });

  test('inspect tells the modes, the size and the limits, and not the options of security', async () => {
    const id = await box.create({ Cmd: ['true'], HostConfig: { Ulimits: [{ Name: 'core', Soft: 1, Hard: 2 }] } });
    const { IpcMode, CgroupnsMode, ShmSize, Ulimits, SecurityOpt, CgroupParent } = (await box.inspect(id)).HostConfig;
    assert.deepEqual({ IpcMode, CgroupnsMode, ShmSize, SecurityOpt, CgroupParent }, { IpcMode: 'shareable', CgroupnsMode: 'private', ShmSize: 8 << 20, SecurityOpt: null, CgroupParent: '' });
    assert.deepEqual(Ulimits, [{ Name: 'core', Hard: 2, Soft: 1 }, { Name: 'nofile', Hard: 400, Soft: 400 }]);
  });

  test('its control group is below the parent, and goes with the container', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'] });
    const path = join(mountPoint, parent, id);
    assert.ok(existsSync(path), path);
    await box.ok('POST', `/containers/${id}/pause`);
    await box.ok('POST', `/containers/${id}/unpause`);
    const top = (await box.ok('GET', `/containers/${id}/top`)).json as { Processes: string[][] };
    assert.equal(top.Processes.length, 1);
    await box.ok('DELETE', `/containers/${id}?force=1`);
    assert.ok(!existsSync(path), path);
  });

  test('one in the namespace of control groups of its own does not see where it is', async () => {
    assert.doesNotMatch((await box.sh('cat /proc/1/cgroup')).stdout, new RegExp(parent));
    assert.match((await box.sh('cat /proc/1/cgroup', { HostConfig: { CgroupnsMode: 'host' } })).stdout, new RegExp(`:${parent}/[0-9a-f]{64}$`, 'm'));
  });

  test('info says so', async () => {
    const { SecurityOptions, Warnings } = (await box.ok('GET', '/info')).json as { SecurityOptions: string[]; Warnings: string[] };
    assert.deepEqual(SecurityOptions.filter((option) => !option.startsWith('name=apparmor')), [`name=seccomp,profile=${profile}`, 'name=cgroupns', 'name=no-new-privileges']);
    assert.ok(Warnings.includes('WARNING: daemon is not using the default seccomp profile'), String(Warnings));
  });
});
