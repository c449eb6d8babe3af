/**
 * Power cuts by hand: every scenario, cut at the moment of its answer (`--moment=answered`) or at a random one before (`--moment=random`).
 *   node tests/integration/faults/cut-sweep.ts [--only='rm -f,create'] [--moment=answered] [--rounds=1] [--filesystem=ext4]
 */
import { parseArgs } from 'node:util';
import { Box } from '../containers/box.ts';
import { startRegistry } from '../registry/support.ts';
import { Machine } from './machine.ts';
import { preparePull, scenariosWith } from './scenarios.ts';
import { cut } from './cut.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, moment: { type: 'string', default: 'answered' }, rounds: { type: 'string', default: '1' }, filesystem: { type: 'string', default: 'ext4' } },
});
const only = values.only?.split(',');
await using registry = await startRegistry();
await preparePull(registry.host);
const boot = async () => {
  const machine = await Machine.boot({ diskBytes: 512 << 20, filesystem: values.filesystem });
  return { machine, box: await Box.of(machine.daemon) };
};
let failures = 0;
let { machine, box } = await boot();
for (const scenario of scenariosWith(registry.host).filter(({ name, fleeting }) => fleeting !== true && (only?.includes(name) ?? true))) {
  for (let round = 0; round < Number(values.rounds); round++) {
    try {
      const answered = await cut(machine, box, scenario, values.moment === 'random' ? Math.floor(Math.random() * 120) : undefined);
      console.log(`ok    ${scenario.name}: cut ${answered ? 'after' : 'before'} the answer`);
    } catch (error) {
      failures++;
      console.log(`FAIL  ${scenario.name}: ${error instanceof Error ? error.stack : String(error)}\n${box.daemon.log.split('\n').slice(-12).join('\n')}`);
      await box.daemon.stop().catch((cause: unknown) => console.log(`  and then: ${String(cause)}`));
      ({ machine, box } = await boot());
    }
  }
}
await box.daemon.stop();
console.log(`${failures} failures`);
