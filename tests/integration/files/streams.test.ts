import assert from 'node:assert/strict';
import { readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { tarHeader } from '../../../src/base/tar/encoder.ts';
import { mountTable } from '../../../src/host/mount-info.ts';
import { Box } from '../containers/box.ts';

describe('archives of containers as streams', () => {
  let box: Box;
  let stopped: string;
  before(async () => {
    box = await Box.open();
    ({ id: stopped } = await box.sh('dd if=/dev/zero of=/big bs=1M count=300 2>/dev/null', { HostConfig: { Binds: ['held:/v'] } }));
  });
  after(() => box[Symbol.asyncDispose]());

  const open = (method: string, path: string): Promise<{ response: IncomingMessage; hangUp: () => void }> => new Promise((resolve, reject) => {
    const call = request({ socketPath: box.daemon.socketPath, method, path, agent: false }, (response) => resolve({ response, hangUp: () => call.destroy() }));
    call.once('error', reject);
    call.end();
  });
  const mounts = (): string[] => mountTable().split('\n').map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${box.daemon.runFolder}/mounts/`));
  /** Open files of the daemon that lie in its folders. */
  const files = (): string[] => readdirSync(`/proc/${box.daemon.pid}/fd`).flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/${box.daemon.pid}/fd/${fd}`);
      return path.includes('/mounts/') || path.includes('/volumes/') || path === '/big' ? [path] : [];
    } catch {
      return []; // closed while we looked
    }
  });
  /** One look, after whatever this process still has to send. */
  const left = async (): Promise<string[]> => {
    await setImmediate();
    return [...mounts(), ...files()];
  };
  const residentBytes = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${box.daemon.pid}/status`, 'utf8'))?.[1]) * 1024;

  test('300 MB go through a daemon that holds a fraction of them, to a client that is slow to begin', async () => {
    const before = residentBytes();
    const { response } = await open('GET', `/containers/${stopped}/archive?path=/big`);
    let bytes = 0;
    let most = 0;
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes % (16 << 20) < (chunk as Buffer).length) most = Math.max(most, residentBytes());
    }
    assert.ok(bytes > 300 << 20);
    assert.ok(most - before < 150 << 20, `${(most - before) >> 20} MB more`);
    assert.deepEqual(mounts(), []);
  });

  for (const [title, path] of [['an archive', 'archive?path=/'], ['a file', 'archive?path=/big'], ['an export', 'export']] as const) {
    test(`a client that hangs up in ${title} leaves no mount and no open file`, async () => {
      const { response, hangUp } = await open('GET', `/containers/${stopped}/${path}`);
      await new Promise((resolve) => response.once('data', resolve));
      assert.equal(mounts().length > 0, true);
      response.on('error', () => undefined);
      hangUp();
      await box.until(left, (each) => each.length === 0);
    });
  }

  test('a client that hangs up while it sends leaves nothing either', async () => {
    const call = request({ socketPath: box.daemon.socketPath, method: 'PUT', path: `/containers/${stopped}/archive?path=/tmp`, agent: false });
    call.on('error', () => undefined);
    call.write(tarHeader({ name: 'half', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, size: 1 << 20 }));
    await box.until(left, (each) => each.length > 0);
    call.destroy();
    await box.until(left, (each) => each.length === 0);
  });

  test('a stopped container can be removed and started while nobody reads it any more', async () => {
    const { response, hangUp } = await open('GET', `/containers/${stopped}/archive?path=/big`);
    response.on('error', () => undefined);
    await new Promise((resolve) => response.once('data', resolve));
    hangUp();
    await box.ok('POST', `/containers/${stopped}/start`);
    await box.wait(stopped);
    await box.ok('DELETE', `/containers/${stopped}?v=1`);
  });
});
