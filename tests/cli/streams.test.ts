import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
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

  for (const line of [['version'], ['--help'], ['save', 'gantry/busybox'], ['run', '--rm', 'gantry/busybox', 'echo', 'hi']]) {
    test(`${line[0]} says that it cannot write what was asked for`, async () => {
      const [program = '', ...argv] = gantry(...line);
      const full = openSync('/dev/full', 'w');
      const client = spawn(program, argv, { stdio: ['ignore', full, 'pipe'] });
      closeSync(full);
      const code = once(client, 'exit');
      assert.equal(await text(client.stderr!), 'write /dev/stdout: no space left on device\n');
      assert.deepEqual(await code, [1, null]);
    });
  }

  test('what the engine says of a body is heard though more of it is on its way', async () => {
    const { code, stderr } = await runProgram(gantry('import', '-c', 'NONSENSE', '-'), { input: Buffer.alloc(64 << 20) });
    assert.deepEqual([code, stderr], [1, 'Error response from daemon: NONSENSE is not a valid change command\n']);
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
