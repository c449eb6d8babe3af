import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Box } from '../containers/box.ts';

/** What those on the host who are not root, and containers, can see and reach of the engine. */
describe('the engine\'s surface', () => {
  let box: Box;
  let running: string;
  const secret = randomBytes(16).toString('hex');
  before(async () => {
    box = await Box.open();
    // The fixture's own folder is closed to others: with it open the engine's must be.
    chmodSync(box.daemon.folder, 0o755);
    running = await box.start({ Cmd: ['sh', '-c', 'mkdir -p /v/deep; echo x > /v/deep/file; echo said; exec sleep 1000'], Env: [`TOKEN=${secret}`], HostConfig: { Binds: ['named:/v'], IpcMode: 'shareable' }, Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9 } });
    await box.until(() => box.output(running), ({ stdout }) => stdout.includes('said'));
    await box.exec(running, ['touch', '/written']);
  });
  after(() => box[Symbol.asyncDispose]());

  /** Health checks come and go meanwhile, which find(1) does not mind. */
  const below = (...folders: string[]): string[] => spawnSync('find', folders, { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout.trim().split('\n');
  /** Processes that belong to this engine, by the folder in their command line; those of the test itself are none. */
  const processes = (): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(box.daemon.folder);
    } catch {
      return false; // it ended meanwhile
    }
  });
  /** That these processes hold. Health checks end, and descriptors are closed, while it is looked. */
  const sockets = (): { pid: number; inode: string }[] => processes().flatMap((pid) => quietly(() => readdirSync(`/proc/${pid}/fd`)).flatMap((fd) => (
    quietly(() => [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]]).flatMap((inode) => (inode === undefined ? [] : [{ pid, inode }]))
  )));

  test('another user can read, list and write nothing of what it keeps (CVE-2021-41091)', () => {
    const paths = below(box.daemon.root, box.daemon.runFolder);
    assert.ok(paths.some((path) => path.endsWith('/deep/file')) && paths.some((path) => path.endsWith('.db')));
    const look = 'while IFS= read -r p; do [ -r "$p" ] && echo "read $p"; [ -w "$p" ] && echo "write $p"; done; true';
    const { stdout } = spawnSync('sh', ['-c', look], { uid: 1000, gid: 1000, input: paths.join('\n'), encoding: 'utf8', maxBuffer: 1 << 26 });
    // Devices that are bound into the container's own tree are everybody's.
    assert.deepEqual(stdout.split('\n').filter((line) => line !== ''), []);
  });

  test('its socket is its group\'s and root\'s alone', () => {
    assert.equal(statSync(box.daemon.socketPath).mode & 0o777, 0o660);
    // Connecting takes the right to write.
    const mayWrite = (id: number): boolean => spawnSync('sh', ['-c', '[ -w "$1" ]', 'sh', box.daemon.socketPath], { uid: id, gid: id }).status === 0;
    assert.deepEqual([mayWrite(0), mayWrite(1000)], [true, false]);
  });

  test('it has no abstract socket, which the host\'s network would share with a container (CVE-2020-15257)', () => {
    const names = new Map(readFileSync('/proc/net/unix', 'utf8').trim().split('\n').slice(1).map((line) => {
      const [, , , , , , inode = '', path = ''] = line.trim().split(/\s+/);
      return [inode, path];
    }));
    const held = sockets().flatMap(({ inode }) => names.get(inode) ?? []);
    assert.ok(held.includes(box.daemon.socketPath));
    assert.deepEqual(held.filter((path) => path.startsWith('@')), []);
  });

  test('it listens at no address that a container could reach', async () => {
    const listening = (text: string): Set<string> => new Set(text.split('\n').map((line) => line.trim().split(/\s+/)).filter((words) => words[3] === '0A').map((words) => words[9] ?? ''));
    const inodes = new Set(['tcp', 'tcp6'].flatMap((name) => [...listening(readFileSync(`/proc/net/${name}`, 'utf8'))]));
    assert.deepEqual(sockets().filter(({ inode }) => inodes.has(inode)), []);
    const { stdout } = await box.sh('for s in /run/gantry/gantry.sock /var/run/docker.sock /run/docker.sock; do [ -e $s ] && echo $s; done; true', { HostConfig: { NetworkMode: 'host' } });
    assert.equal(stdout, '');
  });

  test('secrets are in no command line of the host', async () => {
    const token = `${secret}-exec`;
    const { json } = await box.ok('POST', `/containers/${running}/exec`, { Cmd: ['sleep', '1000'], Env: [`EXEC=${token}`] });
    const exec = (json as { Id: string }).Id;
    await box.ok('POST', `/exec/${exec}/start`, { Detach: true });
    const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.includes(secret) ? [line] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
    assert.deepEqual(lines, []);
    assert.ok(!box.daemon.log.includes(secret));
  });

  test('the keys of a session of the host\'s are not those of a container', async () => {
    const { stdout } = await box.sh('cat /proc/keys /proc/key-users 2>/dev/null | wc -c; wc -l < /proc/self/attr/current 2>/dev/null; true');
    assert.match(stdout, /^\d+\n/);
    assert.equal((await box.exec(running, ['cat', '/proc/keys'])).stdout, '');
  });

  test('checkpoints, whose files could lie anywhere, are refused by name', async () => {
    for (const method of ['GET', 'POST']) {
      const { status, text } = await box.daemon.request(method, `/containers/${running}/checkpoints`, method === 'POST' ? { CheckpointID: 'x', CheckpointDir: '/etc' } : undefined);
      assert.equal(status, 501);
      assert.match(text, /checkpoints/);
    }
  });
});

/** Nothing where what was to be read is gone. */
function quietly<T>(act: () => T[]): T[] {
  try {
    return act();
  } catch {
    return [];
  }
}
