import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { errnoOf } from '../../../src/base/errors.ts';
import { Box } from '../containers/box.ts';
import { startRegistry, type TestRegistry } from '../registry/support.ts';
import { Machine } from './machine.ts';
import { preparePull, scenariosWith } from './scenarios.ts';
import { isGood, settled } from './strike.ts';

/** What has to write more than a record. */
const failing = ['pull', 'import', 'create', 'run --rm', 'volume create', 'volume clone', 'volume import', 'cp'];
/** What a person does to get out of it, or needs no more than the engine has held back. */
const working = ['tag', 'rmi', 'image prune', 'rm -f', 'stop', 'rename', 'update', 'network disconnect', 'network rm', 'volume rm', 'volume prune', 'volume rename'];

describe('on a full disk', { skip: existsSync('/dev/loop-control') ? false : 'this kernel has no loop devices' }, () => {
  let box: Box;
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
    await preparePull(registry.host);
    box = await Box.of((await Machine.boot({ diskBytes: 96 << 20 })).daemon);
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  for (const [names, works] of [[failing, false], [working, true]] as const) {
    for (const name of names) {
      it(`${name} works${works ? '' : ' or says in words why not'}, and all is well once there is room`, async () => {
        const scenario = scenariosWith(registry.host).find((one) => one.name === name)!;
        await scenario.given?.(box);
        const filler = fill(`/proc/${box.daemon.enginePid}/root${box.daemon.root}/filler`);
        const answer = await scenario.act(box).finally(() => rmSync(filler));
        if (works) assert.ok(isGood(answer), answer.text);
        // What was removed before may give its space back just now.
        else if (!isGood(answer)) {
          assert.match(answer.text, /no space left on device/);
          assert.doesNotMatch(answer.text, /ENOSPC/);
          const again = await scenario.act(box);
          assert.ok(isGood(again) || settled.includes(again.status), again.text);
        }
        await scenario.holds(box);
        await scenario.tidy(box);
      });
    }
  }
});

/** Takes the disk's last byte. @returns the path */
function fill(path: string): string {
  const fd = openSync(path, 'a');
  try {
    for (const bytes of [1 << 16, 1 << 12, 1]) writeUntilFull(fd, Buffer.alloc(bytes, 'x'));
  } finally {
    closeSync(fd);
  }
  return path;
}

function writeUntilFull(fd: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(fd, bytes);
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
  }
}
