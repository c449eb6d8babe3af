import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { StalledRuntime } from '../../support/stalled-runtime.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Box } from '../containers/box.ts';

for (const [end, moment] of [['shutDown', 'after its work'], ['crash', 'before its work']] as const) {
  test(`a container that is just being started by its policy when the daemon ends by ${end}() runs, and has its network, with the next daemon`, async () => {
    await using folder = await temporaryFolder();
    const stalled = new StalledRuntime(folder.path, moment);
    await using box = await Box.open(['--add-runtime', `stalled=${stalled.path}`, '--default-runtime', 'stalled']);
    stalled.go();
    const id = await box.start({ Cmd: ['sleep', '1000'], HostConfig: { RestartPolicy: { Name: 'always' } } });
    const { State } = await box.inspect(id);
    stalled.hold();
    process.kill(State.Pid, 'SIGKILL');
    await stalled.stands();
    const ended = box.daemon[end]();
    // A crash is quick. A clean end waits for the start; one that does not is over by then.
    await Promise.race([ended, setTimeout(2000, undefined, { ref: false })]);
    const started = end === 'crash' ? box.daemon.start() : undefined;
    stalled.go();
    await ended;
    await (started ?? box.daemon.start());
    const { State: again, NetworkSettings } = await box.until(() => box.inspect(id), ({ State: now }) => now.Status === 'running');
    assert.notEqual(again.Pid, State.Pid);
    const { stdout } = await box.exec(id, ['ip', 'address', 'show', 'eth0']);
    const address = NetworkSettings.Networks['bridge']!.IPAddress;
    assert.ok(address !== '' && stdout.includes(`inet ${address}/`), `${address} in ${stdout}`);
  });
}
