import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { request } from '../../support/http.ts';

const launcher = join(import.meta.dirname, '../../../gantry');
const socket = '/run/gantry/gantry.sock';

function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stdout}${stderr}`);
  return `${stdout}${stderr}`.trim();
}

const mainPid = (): number => Number(run('systemctl', 'show', '--property=MainPID', '--value', 'gantry'));

/** @throws the API's own words */
async function ask(method: string, path: string, body?: unknown): Promise<{ json: unknown; text: string }> {
  const answer = await request(socket, method, path, body);
  assert.ok(answer.status < 400, `${method} ${path}: ${answer.text}`);
  return answer;
}

async function stateOf(id: string): Promise<{ Running: boolean; Pid: number; ExitCode: number }> {
  return ((await ask('GET', `/containers/${id}/json`)).json as { State: { Running: boolean; Pid: number; ExitCode: number } }).State;
}

function monitors(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return /\bmonitor\.(ts|js)\0\/run\/gantry\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    } catch {
      return false; // it ended meanwhile
    }
  });
}

describe('gantry.service', { skip: process.env['GANTRY_IN_VM'] === undefined && 'only inside npm run test:vm' }, () => {
  let id = '';
  let before: { container: number; monitors: number[] };
  const same = async (): Promise<void> => {
    assert.deepEqual({ container: (await stateOf(id)).Pid, monitors: monitors() }, before);
    assert.equal(readFileSync(`/proc/${before.container}/comm`, 'utf8').trim(), 'sleep');
  };

  after(async () => {
    if (id !== '') await request(socket, 'DELETE', `/containers/${id}?force=1`).catch(() => undefined);
    await request(socket, 'DELETE', '/networks/service-test').catch(() => undefined);
    spawnSync('systemctl', ['disable', '--now', 'gantry']);
    rmSync('/etc/systemd/system/gantry.service', { force: true });
    spawnSync('systemctl', ['daemon-reload']);
    // The machine is the test's own, and so is its engine.
    for (const folder of ['/run/gantry', '/var/lib/gantry']) rmSync(folder, { recursive: true, force: true });
  });

  test('takes over from a daemon that a command has started, and its containers with it', async () => {
    run(launcher, 'network', 'create', 'service-test');
    id = /^[0-9a-f]{64}$/m.exec(run(launcher, 'run', '-d', '--network', 'service-test', '--name', 'stays', 'gantry/busybox', 'sleep', '100000'))?.[0] ?? '';
    before = { container: (await stateOf(id)).Pid, monitors: monitors() };
    assert.equal(before.monitors.length, 1);
    assert.match(run(launcher, 'setup', '--service'), /ending the daemon that a command has started/);
    assert.equal(run('systemctl', 'is-active', 'gantry'), 'active');
    assert.equal(run('systemctl', 'is-enabled', 'gantry'), 'enabled');
    await same();
  });

  test('set up again, it goes on as it is', () => {
    const pid = mainPid();
    assert.doesNotMatch(run(launcher, 'setup', '--service'), /writing|ending/);
    assert.equal(mainPid(), pid);
  });

  test('runs on control groups v2, that it drives itself', async () => {
    const info = (await ask('GET', '/info')).json as { CgroupVersion: string; CgroupDriver: string; Warnings: string[] | null };
    assert.deepEqual([info.CgroupVersion, info.CgroupDriver], ['2', 'cgroupfs']);
    assert.deepEqual((info.Warnings ?? []).filter((warning) => !warning.includes('AppArmor')), []);
  });

  test('a daemon that is killed is started again by systemd, and no container notices', async () => {
    const killed = mainPid();
    process.kill(killed, 'SIGKILL');
    while ([0, killed].includes(mainPid()) || spawnSync('systemctl', ['is-active', '--quiet', 'gantry']).status !== 0) await setTimeout(200);
    await same();
  });

  test('a stop of the service ends the daemon alone; the next start knows what ended meanwhile', async () => {
    run('systemctl', 'stop', 'gantry');
    assert.equal(run('cat', `/proc/${before.container}/comm`), 'sleep');
    assert.deepEqual(monitors(), before.monitors);
    process.kill(before.container, 'SIGKILL');
    run('systemctl', 'start', 'gantry');
    const { Running, ExitCode } = await stateOf(id);
    assert.deepEqual([Running, ExitCode], [false, 137]);
  });
});
