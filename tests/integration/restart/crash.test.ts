import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Box } from '../containers/box.ts';

describe('the daemon is killed and started again', () => {
  let box: Box;
  before(async () => { box = await Box.open(); });
  after(() => box[Symbol.asyncDispose]());

  test('running containers go on: same process, same address, no line of the log lost', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.01; done'] });
    const before = await box.inspect(id);
    await box.until(() => box.output(id), ({ stdout }) => stdout.length > 20);
    await box.daemon.crash();
    assert.ok(existsSync(`/proc/${before.State.Pid}`));
    await box.daemon.start();
    const after = await box.inspect(id);
    assert.equal(after.State.Pid, before.State.Pid);
    assert.equal(after.NetworkSettings.Networks['bridge']?.IPAddress, before.NetworkSettings.Networks['bridge']?.IPAddress);
    assert.equal((await box.exec(id, ['echo', 'still there'])).stdout, 'still there\n');
    await box.ok('POST', `/containers/${id}/kill`);
    const lines = (await box.output(id)).stdout.trimEnd().split('\n').map(Number);
    assert.deepEqual(lines, lines.map((_, index) => index));
  });

  test('what ended meanwhile is known by its code, is removed with --rm, and is started again by its policy', async () => {
    const ended = await box.start({ Cmd: ['sh', '-c', 'sleep 0.3; exit 9'] });
    const gone = await box.start({ Cmd: ['sh', '-c', 'sleep 0.3'], HostConfig: { AutoRemove: true } });
    const again = await box.start({ Cmd: ['sh', '-c', 'sleep 0.3'], HostConfig: { RestartPolicy: { Name: 'always' } } });
    await box.daemon.crash();
    await setTimeout(600); // the containers end while nobody looks: nothing can tell us when
    await box.daemon.start();
    const { State } = await box.until(() => box.inspect(ended), ({ State }) => !State.Running);
    assert.deepEqual([State.Status, State.ExitCode], ['exited', 9]);
    await box.until(() => box.daemon.request('GET', `/containers/${gone}/json`), ({ status }) => status === 404);
    await box.until(() => box.inspect(again), ({ RestartCount }) => RestartCount >= 1);
    await box.ok('DELETE', `/containers/${again}?force=1`);
  });

  test('all that its policy wants runs again, however many ended at once', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => box.start({ Cmd: ['sleep', '1000'], HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } })));
    const pids = await Promise.all(ids.map(async (id) => (await box.inspect(id)).State.Pid));
    await box.daemon.crash();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    while (pids.some((pid) => existsSync(`/proc/${pid}`))) await setTimeout(10);
    await box.daemon.start();
    const again = await Promise.all(ids.map((id) => box.until(() => box.inspect(id), ({ State }) => State.Status === 'running' || State.Status === 'exited')));
    assert.deepEqual(again.map(({ State }) => State.Error), ids.map(() => ''));
    assert.deepEqual(again.map(({ RestartCount }) => RestartCount), ids.map(() => 1));
    await Promise.all(ids.map((id) => box.ok('DELETE', `/containers/${id}?force=1`)));
  });

  test('a paused container is still paused, and can be thawed', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'] });
    await box.ok('POST', `/containers/${id}/pause`);
    await box.daemon.crashAndRestart();
    assert.equal((await box.inspect(id)).State.Status, 'paused');
    await box.ok('POST', `/containers/${id}/unpause`);
    assert.equal((await box.exec(id, ['echo', 'awake'])).stdout, 'awake\n');
  });

  test('a health check of the first moments does not count as failed', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'], Healthcheck: { Test: ['CMD', 'true'], Interval: 1e6, Retries: 1 } });
    await box.daemon.crashAndRestart();
    const { State } = await box.until(() => box.inspect(id), ({ State: now }) => (now.Health?.Log.length ?? 0) > 0);
    assert.deepEqual([State.Health?.Status, State.Health?.Log[0]?.ExitCode], ['healthy', 0]);
    await box.ok('DELETE', `/containers/${id}?force=1`);
  });

  test('a clean restart leaves containers alone too', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'] });
    const { Pid } = (await box.inspect(id)).State;
    await box.daemon.restart();
    assert.equal((await box.inspect(id)).State.Pid, Pid);
  });

  test('at any moment: what was answered is there, what was not is whole or gone', async () => {
    const steady = await box.start({ Cmd: ['sleep', '1000'] });
    const { Pid } = (await box.inspect(steady)).State;
    for (let round = 0; round < 20; round++) {
      const answered = new Set<string>();
      const removed = new Set<string>();
      const churn = Array.from({ length: 3 }, () => churnUntilItDies(box, answered, removed));
      await setTimeout(randomInt(5, 120)); // the moment of the kill is what varies
      await box.daemon.crash();
      await Promise.all(churn);
      await box.daemon.start();
      const listed = (await box.ok('GET', '/containers/json?all=1')).json as { Id: string; State: string }[];
      const ids = new Set(listed.map(({ Id }) => Id));
      for (const id of answered) if (!removed.has(id)) assert.ok(ids.has(id), `container ${id} was answered, and is not there after kill ${round}`);
      assert.equal((await box.inspect(steady)).State.Pid, Pid);
      const unsettled = listed.filter(({ Id }) => Id !== steady);
      for (const { Id } of unsettled) {
        const status = (await box.daemon.request('DELETE', `/containers/${Id}?force=1`)).status;
        assert.ok(status === 204 || status === 404, `container ${Id} cannot be removed: ${status}`);
      }
      const folders = readdirSync(join(box.daemon.root, 'containers')).filter((name) => !name.startsWith('.'));
      const known = ((await box.ok('GET', '/containers/json?all=1')).json as { Id: string }[]).map(({ Id }) => Id);
      assert.deepEqual(folders.sort(), known.sort(), `folders after kill ${round}`);
    }
  });
});

/** Creates, starts and removes until the daemon does not answer any more. */
async function churnUntilItDies(box: Box, answered: Set<string>, removed: Set<string>): Promise<void> {
  try {
    for (;;) {
      const id = await box.create({ Cmd: ['sh', '-c', 'exit 3'], Volumes: { '/anon': {} } });
      answered.add(id);
      await box.ok('POST', `/containers/${id}/start`);
      assert.equal(await box.wait(id), 3);
      // Asked for is enough: the answer may be lost on its way.
      removed.add(id);
      await box.ok('DELETE', `/containers/${id}?v=1`);
    }
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (!['ECONNRESET', 'ECONNREFUSED', 'ENOENT', 'EPIPE'].includes(code)) throw error;
  }
}
