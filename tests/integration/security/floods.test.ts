import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Box } from '../containers/box.ts';

/** What a container or a client could use up of the engine: CVE-2022-31030, CVE-2022-23471, CVE-2025-64329, CVE-2018-20699. */
describe('floods', () => {
  let box: Box;
  let monitor: number;
  before(async () => {
    box = await Box.open();
    const id = await box.start({ Cmd: ['true'] });
    await box.wait(id);
    monitor = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).find((pid) => commandOf(pid).includes(box.daemon.runFolder) && /monitor/.test(commandOf(pid)))!;
  });
  after(() => box[Symbol.asyncDispose]());

  const commandOf = (pid: number): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  /** What daemon and monitor have in memory, or had at most: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
  const megabytes = (field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number => [box.daemon.pid, monitor]
    .map((pid) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024).reduce((one, other) => one + other);
  /** Waits, and asks the engine nothing meanwhile: what it does not need any more it gives back when it rests, what it has lost it keeps. */
  const atMost = async (most: number): Promise<void> => {
    for (const deadline = performance.now() + 120_000; megabytes() > most; await setTimeout(100)) {
      assert.ok(performance.now() < deadline, `${Math.round(megabytes())} MB, more than ${Math.round(most)}`);
    }
  };
  /** Makes the most of a process what it has now. https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html */
  const forgetPeak = '5';
  const files = (): number[] => [box.daemon.pid, monitor].map((pid) => readdirSync(`/proc/${pid}/fd`).length);
  const upgraded = (path: string, body?: object): Promise<Socket> => new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const call = request({ socketPath: box.daemon.socketPath, method: 'POST', path, headers: { Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Type': 'application/json', 'Content-Length': text.length } });
    call.once('upgrade', (_, socket) => resolve(socket as Socket));
    call.once('response', (response) => reject(new Error(`${path}: ${response.statusCode}`)));
    call.once('error', reject);
    call.end(text);
  });

  test('a client that does not read what an exec writes stops the exec, not the engine', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'] });
    const before = megabytes();
    const { json } = await box.ok('POST', `/containers/${id}/exec`, { Cmd: ['dd', 'if=/dev/zero', 'bs=1M', 'count=10000'], AttachStdout: true });
    const exec = (json as { Id: string }).Id;
    const socket = await upgraded(`/exec/${exec}/start`, { Detach: false });
    socket.pause();
    const { Pid } = await box.until(async () => (await box.ok('GET', `/exec/${exec}/json`)).json as { Pid: number }, ({ Pid }) => Pid > 0);
    const written = (): number => Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${Pid}/io`, 'utf8'))?.[1]);
    // Everything on the way is full when it has written the same for as long as fifty answers of the daemon take.
    let still = 0;
    let last = -1;
    await box.until(async () => {
      await box.ok('GET', '/_ping');
      still = written() === last ? still + 1 : 0;
      last = written();
      return still;
    }, (rounds) => rounds >= 50);
    assert.ok(last < 64 << 20, `${last >> 20} MB went in`);
    await atMost(before + 80);
    assert.equal((await box.exec(id, ['echo', 'alive'])).stdout, 'alive\n');
    socket.destroy();
    await box.ok('DELETE', `/containers/${id}?force=1`);
  });

  test('a line without an end is no more than a line to the daemon and the log', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'read go; head -c 400000000 /dev/zero | tr "\\0" x'], OpenStdin: true, HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } } } });
    const ended = box.wait(id);
    const before = megabytes();
    for (const pid of [box.daemon.pid, monitor]) writeFileSync(`/proc/${pid}/clear_refs`, forgetPeak);
    (await upgraded(`/containers/${id}/attach?stream=1&stdin=1`)).end('\n');
    assert.equal(await ended, 0);
    const most = megabytes('VmHWM');
    assert.ok(most - before < 150, `${Math.round(most - before)} MB more`);
    const { text } = await box.ok('GET', `/containers/${id}/logs?stdout=1&tail=1`);
    assert.ok(text.length > 0 && text.length < 64 << 20);
    await box.ok('DELETE', `/containers/${id}`);
  });

  test('those who attach, resize and leave leave nothing behind', async () => {
    const id = await box.start({ Cmd: ['cat'], Tty: true, OpenStdin: true });
    const round = async (): Promise<void> => {
      const attached = await upgraded(`/containers/${id}/attach?stream=1&stdin=1&stdout=1`);
      await box.daemon.request('POST', `/containers/${id}/resize?h=20&w=30`);
      attached.destroy();
      const { json } = await box.ok('POST', `/containers/${id}/exec`, { Cmd: ['true'], Tty: true, AttachStdout: true });
      const exec = (json as { Id: string }).Id;
      const socket = await upgraded(`/exec/${exec}/start`, { Tty: true });
      await box.daemon.request('POST', `/exec/${exec}/resize?h=20&w=30`);
      socket.destroy();
      await box.until(async () => ((await box.ok('GET', `/exec/${exec}/json`)).json as { Running: boolean }).Running, (isRunning) => !isRunning);
    };
    for (let warm = 0; warm < 20; warm++) await round();
    const [filesBefore, before] = [files(), megabytes()];
    for (let n = 0; n < 150; n++) await round();
    await box.until(async () => (await box.ok('GET', '/_ping'), files()), (now) => now.every((count, index) => count <= filesBefore[index]! + 2));
    await atMost(before + 60);
    await box.ok('DELETE', `/containers/${id}?force=1`);
  });

  test('a list of processors without an end is refused at once', async () => {
    for (const key of ['CpusetCpus', 'CpusetMems']) {
      for (const list of ['0-9999999999', '0-4294967295', '1-2-3', '0,'.repeat(100_000)]) {
        const { status } = await box.daemon.request('POST', '/containers/create', { Image: 'gantry/busybox', HostConfig: { [key]: list } });
        assert.equal(status, 400, `${key} ${list.slice(0, 20)}`);
      }
    }
  });
});
