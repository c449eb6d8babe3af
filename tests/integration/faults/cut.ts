import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Box } from '../containers/box.ts';
import type { Machine } from './machine.ts';
import type { Scenario } from './scenarios.ts';
import { isGood, settled } from './strike.ts';

/**
 * Cuts the power when a scenario's verb was answered, or so many milliseconds after it was asked for. What was answered must hold then; what was not can be asked for again.
 * @returns whether it was answered before the cut
 */
export async function cut(machine: Machine, box: Box, scenario: Scenario, afterMs?: number): Promise<boolean> {
  await scenario.given?.(box);
  let answered = false;
  const acting = scenario.act(box).then((answer) => { answered = isGood(answer); }, () => undefined);
  await (afterMs === undefined ? acting : setTimeout(afterMs));
  const acknowledged = answered;
  machine.photograph();
  await machine.cutPower();
  await acting;
  if (afterMs === undefined) assert.ok(acknowledged, 'the verb was answered');
  await startAll(box);
  if (!acknowledged) {
    const again = await scenario.act(box);
    assert.ok(isGood(again) || settled.includes(again.status), `asked again: ${again.status} ${again.text}`);
  }
  await scenario.holds(box);
  await scenario.tidy(box);
  return acknowledged;
}

/** What ran does not run any more. */
async function startAll(box: Box): Promise<void> {
  for (const { Id } of (await box.ok('GET', '/containers/json?filters=%7B%22status%22%3A%5B%22exited%22%5D%7D')).json as { Id: string }[]) await box.ok('POST', `/containers/${Id}/start`);
}
