/**
 * The whole sweep, by hand: every scenario is struck at each of its changing calls, one after the other.
 *   node tests/integration/faults/sweep.ts [--only='rm -f,create'] [--outcome=SIGKILL] [--calls=fsync,rename] [--from=1] [--step=1]
 */
import { parseArgs } from 'node:util';
import { Box } from '../containers/box.ts';
import { startRegistry } from '../registry/support.ts';
import type { Fault } from './inject.ts';
import { preparePull, scenariosWith } from './scenarios.ts';
import { changing, pointsOf, strike } from './strike.ts';

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const { values } = parseArgs({
  options: {
    only: { type: 'string' }, outcome: { type: 'string', default: 'SIGKILL' }, calls: { type: 'string', default: changing },
    from: { type: 'string', default: '1' }, step: { type: 'string', default: '1' },
  },
});
const outcome = values.outcome as Fault['outcome'];
const only = values.only?.split(',');
let survived = 0;
let failures = 0;
await using registry = await startRegistry();
await preparePull(registry.host);
for (const scenario of scenariosWith(registry.host).filter(({ name }) => only?.includes(name) ?? true)) {
  let box = await Box.open();
  let inARow = 0;
  const points = await pointsOf(box, scenario, values.calls);
  print(`      ${scenario.name}: ${points.length} points`);
  for (let index = Number(values.from) - 1; index < points.length && inARow < 3; index += Number(values.step)) {
    const point = points[index]!;
    const where = `${scenario.name}: ${index + 1}, ${point.call} ${point.nth} of ${point.threads}`;
    try {
      const { at, answer } = await strike(box, scenario, { ...point, outcome });
      if (at !== undefined) survived++;
      inARow = 0;
      print(`ok    ${where}: ${at?.slice(0, 100)} → ${answer === undefined ? 'no answer' : `${answer.status} ${answer.text.trim().slice(0, 200)}`}`);
    } catch (error) {
      failures++;
      inARow++;
      print(`FAIL  ${where}: ${error instanceof Error ? error.message : String(error)}\n${box.daemon.log.split('\n').slice(-12).join('\n')}`);
      await box.daemon.stop().catch((cause: unknown) => print(`  and then: ${String(cause)}`));
      box = await Box.open();
    }
  }
  await box[Symbol.asyncDispose]().catch((error: unknown) => {
    failures++;
    print(`FAIL  ${scenario.name}, at the end: ${String(error)}`);
  });
}
print(`${survived} points survived, ${failures} failures`);
