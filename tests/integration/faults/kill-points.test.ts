import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { findProgram } from '../../../src/host/find-program.ts';
import { Box } from '../containers/box.ts';
import { repetitions, some } from '../../support/repetitions.ts';
import { startRegistry, type TestRegistry } from '../registry/support.ts';
import { inject } from './inject.ts';
import { preparePull, scenariosWith } from './scenarios.ts';
import { changing, pointsOf, strike, type Point } from './strike.ts';

/** The whole of it is `sweep.ts`, by hand. */
const chosen = some(['start', 'rm -f', 'pull', 'commit', 'rmi', 'create', 'run --rm', 'network connect', 'volume clone', 'rename']);
const each = repetitions(3);

/** So many of them, spread evenly: the first and the last among them when there is more than one. */
function spread(points: readonly Point[], count: number): Point[] {
  return Array.from({ length: count }, (_, index) => points[Math.floor(((index + 0.5) * points.length) / count)]!);
}

describe('the daemon is killed at a system call in the middle of', { skip: findProgram('strace') === undefined ? 'strace is missing' : false }, () => {
  let box: Box;
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
    await preparePull(registry.host);
    box = await Box.open();
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  for (const name of chosen) {
    it(`${name}: at the next start it is done, or can be asked for again, and nothing is left behind`, async () => {
      const scenario = scenariosWith(registry.host).find((one) => one.name === name)!;
      const points = await pointsOf(box, scenario, changing);
      assert.ok(points.length >= each, `${points.length} points`);
      for (const point of spread(points, each)) await strike(box, scenario, { ...point, outcome: 'SIGKILL' });
    });
  }

  for (const [name, call] of [['create', 'fsync'], ['rm -f', 'fsync'], ['volume create', 'fsync'], ['start', 'mount']] as const) {
    it(`${name}, where ${call} fails: no ghost is left in memory, and it can be asked for again`, async () => {
      const scenario = scenariosWith(registry.host).find((one) => one.name === name)!;
      const { at, answer } = await strike(box, scenario, { call, nth: 1, outcome: 'EIO', threads: 'main' });
      assert.ok(at, `${name} makes no ${call}`);
      assert.equal(answer?.status, 500);
      assert.match(answer.text, /input\/output error/);
    });
  }

  it('an exit that the disk does not take: stop is answered, and the next daemon learns the exit code', async () => {
    const id = await box.start({ Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL', HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } });
    {
      // The first one writes down that somebody stops it.
      await using held = await inject(box.daemon.pid, { call: 'fsync', nth: 2, outcome: 'EIO', threads: 'main' });
      await box.ok('POST', `/containers/${id}/stop`);
      assert.match((await held.end(false)).join('\n'), /INJECTED/);
    }
    const ended = async (): Promise<unknown[]> => { const { State } = await box.inspect(id); return [State.Status, State.ExitCode]; };
    assert.deepEqual(await ended(), ['exited', 137]);
    await box.daemon.crashAndRestart();
    assert.deepEqual(await ended(), ['exited', 137]);
    await box.ok('DELETE', `/containers/${id}`);
  });
});
