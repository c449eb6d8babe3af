import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Box } from '../containers/box.ts';
import { repetitions, some } from '../../support/repetitions.ts';
import { startRegistry, type TestRegistry } from '../registry/support.ts';
import { Machine } from './machine.ts';
import { preparePull, scenariosWith, type Scenario } from './scenarios.ts';
import { isGood, settled } from './strike.ts';

const whole = process.env['GANTRY_ALL_FAULTS'] !== undefined;
const atTheAnswer = some(['volume create', 'start', 'pull', 'commit', 'create', 'stop', 'network create', 'volume rm']);
const anywhere = some(['pull', 'create', 'start', 'volume clone']);

describe('the power goes', { skip: existsSync('/dev/loop-control') ? false : 'this kernel has no loop devices' }, () => {
  let machine: Machine;
  let box: Box;
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
    await preparePull(registry.host);
    machine = await Machine.boot({ diskBytes: 512 << 20 });
    box = await Box.of(machine.daemon);
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });
  const find = (name: string): Scenario => scenariosWith(registry.host).find((one) => one.name === name)!;
  const lasting = scenariosWith('').filter(({ fleeting }) => fleeting !== true).map(({ name }) => name);

  for (const name of whole ? lasting : atTheAnswer) {
    it(`when ${name} was answered: it is as it was answered`, async () => {
      const scenario = find(name);
      await scenario.given?.(box);
      assert.ok(isGood(await scenario.act(box)));
      await machine.photograph();
      await machine.cutPower();
      await scenario.holds(box);
      await scenario.tidy(box);
    });
  }

  for (const name of whole ? lasting : anywhere) {
    it(`somewhere in the middle of ${name}: it can be asked for again, unless it was answered`, async () => {
      const scenario = find(name);
      for (let round = 0; round < (whole ? 20 : repetitions(2)); round++) {
        await scenario.given?.(box);
        let answered = false;
        const acting = scenario.act(box).then((answer) => { answered = isGood(answer); }, () => undefined);
        await setTimeout(Math.random() * 100); // the moment is what varies
        const acknowledged = answered;
        await machine.photograph();
        await machine.cutPower();
        await acting;
        if (!acknowledged) {
          const again = await scenario.act(box);
          assert.ok(isGood(again) || settled.includes(again.status), `asked again: ${again.status} ${again.text}`);
        }
        await scenario.holds(box);
        await scenario.tidy(box);
      }
    });
  }
});
