import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { clientsFor, runProgram } from './clients.ts';

/** The streams of a client and its container, with a real engine between them. */
describe('streams between the client and a container', { concurrency: 2 }, () => {
  let daemon: TestDaemon;
  const gantry = (...argv: string[]): string[] => [...clientsFor(daemon.host).gantry, ...argv];

  before(async () => { daemon = await startDaemon(); });
  after(async () => { await daemon.stop(); });

  test('stdin that ends at once ends the container\'s', async () => {
    const { code, stdout } = await runProgram(gantry('run', '--rm', '-i', 'gantry/busybox', 'cat'), { input: Buffer.alloc(0) });
    assert.deepEqual([code, stdout.length], [0, 0]);
  });

  test('bytes of any value go in and come out as they are', async () => {
    const input = randomBytes(5 << 20);
    const { code, stdout } = await runProgram(gantry('run', '--rm', '-i', 'gantry/busybox', 'cat'), { input });
    assert.equal(code, 0);
    assert.ok(stdout.equals(input));
  });

  test('stdin that nobody reads does not hold the client back', async () => {
    const { code } = await runProgram(gantry('run', '--rm', '-i', 'gantry/busybox', 'true'), { input: Buffer.alloc(5 << 20) });
    assert.equal(code, 0);
  });

  test('-a stdout brings stdout alone', async () => {
    const { stdout, stderr } = await runProgram(gantry('run', '--rm', '-a', 'stdout', 'gantry/busybox', 'sh', '-c', 'echo out; echo err >&2'));
    assert.deepEqual([stdout.toString(), stderr], ['out\n', '']);
  });

  test('a reader that goes away ends the client as SIGPIPE would, and the container lives on, as with docker', async () => {
    const [program = '', ...argv] = gantry('run', '--name', 'chatty', 'gantry/busybox', 'yes');
    const client = spawn(program, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
    client.stdout.once('data', () => client.stdout.destroy());
    const code = await new Promise((resolve) => { client.once('exit', resolve); });
    assert.equal(code, 141);
    const { json } = await daemon.request('GET', '/containers/chatty/json');
    assert.equal((json as { State: { Running: boolean } }).State.Running, true);
    // Its flood would hold up the daemon's end.
    assert.equal((await daemon.request('DELETE', '/containers/chatty?force=1')).status, 204);
  });
});
