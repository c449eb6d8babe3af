import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { withoutDockerClient } from '../support/docker-client.ts';
import { clientsFor, runProgram, type Outcome } from './clients.ts';
import { sameOutputCases } from './same-output-cases.ts';

/** The stock client and ours print the same and leave with the same status when they are given the same command line for the same engine. */
describe('the same command line prints what the docker client does', { concurrency: 2, skip: withoutDockerClient }, () => {
  let daemon: TestDaemon;
  let directory: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-same-'));
    daemon = await startDaemon();
    await stage(daemon.host);
  });
  after(async () => {
    await daemon.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const argv of sameOutputCases) {
    test(argv.join(' '), async () => {
      const { docker, gantry } = clientsFor(daemon.host);
      const options = { cwd: directory, env: { PATH: process.env['PATH'], HOME: directory, TZ: 'UTC' }, input: Buffer.from('n\n') };
      const [theirs, ours] = await Promise.all([docker, gantry].map((client) => runProgram([...client, ...argv], options))) as [Outcome, Outcome];
      assert.deepEqual(shown(ours), shown(theirs));
    });
  }
});

async function stage(host: string): Promise<void> {
  const { gantry } = clientsFor(host);
  const run = async (...argv: string[]): Promise<number> => (await runProgram([...gantry, ...argv])).code;
  await run('network', 'create', 'back');
  await run('volume', 'create', '--label', 'q=1', 'data');
  const busybox = 'gantry/busybox';
  assert.deepEqual([
    await run('run', '-d', '--name', 'web', '--label', 'a=b', '--label', 'com.x.y_z=1', '-p', '127.0.0.1::80', busybox, 'sleep', '100000'),
    await run('create', '--name', 'made', busybox, 'sh', '-c', 'echo hello world this is a long command'),
    await run('run', '--name', 'done', busybox, 'sh', '-c', 'exit 3'),
    await run('run', '-d', '--name', 'hh', '--health-cmd', 'true', '--health-start-interval', '100ms', '--health-start-period', '1h', '--health-interval', '1h', '--network', 'back', '-v', 'data:/d', '--tmpfs', '/x', busybox, 'sleep', '100000'),
    await run('run', '-d', '--name', 'pp', busybox, 'sleep', '100000'),
    await run('pause', 'pp'),
  ], [0, 0, 3, 0, 0, 0]);
  await firstCheck(gantry, 'hh');
}

/** Waits for the event of a container's first check: its state changes no more after that. */
async function firstCheck([program = '', ...argv]: readonly string[], container: string): Promise<void> {
  const events = spawn(program, [...argv, 'events', '--since', '1h', '--filter', `container=${container}`, '--filter', 'event=health_status'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(events.stdout, 'data');
  events.kill();
  await once(events, 'close');
}

/** Apart from the program's own name; and one of docker's lines has a slip of the pen. */
function shown({ code, stdout, stderr }: Outcome): object {
  const ours = (text: string): string => text.replaceAll('docker', 'gantry').replaceAll('Docker', 'Gantry').replace(/\bSRun\b/g, 'Run');
  return { code, stdout: ours(stdout.toString()), stderr: ours(stderr) };
}
