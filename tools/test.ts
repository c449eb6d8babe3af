/**
 * `npm test [-- suite…]`: the gate, then every suite on the real kernel with a census after each, then one closing line.
 * Suites are the folders of tests/, and each noun of tests/integration: `npm test -- integration/network api` runs those two without the gate.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { census, censusDifference } from '../tests/support/census.ts';
import { instanceIdOf } from '../src/daemon/config.ts';
import { add, close, gate } from './test/gate.ts';
import { root, runQuietly, runTests, type Totals } from './test/run-suite.ts';

const order = ['integration', 'api', 'cli', 'conformance', 'scenarios'];
/** For one test, and for one file: no test is as slow as that on a machine that is five times slower than a small one. */
const timeoutMs = 300_000;
const limitMs = 600_000;
/** All that runs is over by then, so that the closing line is said also where somebody ends what takes twenty minutes. */
const deadline = performance.now() + 18 * 60_000;
/** The virtual machine's. */
const lastDeadline = deadline + 90_000;
/** A boot and its smoke take one to two; making its disk, once, may take five. */
const leastMinutes = 6;
/** The engine that the person at this machine uses may work meanwhile. */
const personsEngine = `gantry-${instanceIdOf('/var/lib/gantry')}`;

const wanted = process.argv.slice(2);
const suites = readdirSync(join(root, 'tests'))
  .filter((name) => name !== 'support')
  .sort((a, b) => order.indexOf(a) - order.indexOf(b))
  .flatMap((name) => (name === 'integration' ? readdirSync(join(root, 'tests/integration')).sort().map((noun) => `integration/${noun}`) : [name]))
  .filter((name) => wanted.length === 0 || wanted.some((each) => name === each || name.startsWith(`${each}/`)));

process.env['GANTRY_TEST_DIST'] ??= '1'; // what ships is what is tested
process.umask(0o022); // what tests make is for users in containers, too
let totals: Totals = { passed: 0, failed: 0, skipped: 0 };
if (wanted.length === 0) totals = await gate();
for (const suite of suites) totals = add(totals, await runSuite(suite));
if (wanted.length === 0) totals = add(totals, await virtualMachine());
process.exitCode = close(totals);

/** A real boot with systemd and control groups v2; `npm run test:vm` runs all suites there. */
async function virtualMachine(): Promise<Totals> {
  console.log('virtual machine');
  if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) {
    return notTried("no qemu; './gantry setup --for-vm' installs it");
  }
  const seconds = Math.floor((lastDeadline - performance.now()) / 1000);
  if (seconds < leastMinutes * 60) return notTried(`less than ${leastMinutes} minutes are left of the time for all tests`);
  const { exitCode, output } = await runQuietly('node', ['tools/test-vm.ts', '--smoke', `--seconds=${seconds}`]);
  if (exitCode === 75) return notTried(/^vm: not tried: (.*)$/m.exec(output)?.[1] ?? output);
  console.log(exitCode === 0 ? '  ✔ boots, and passes its smoke' : `  ✖ the virtual machine\n${output}`);
  return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
}

function notTried(reason: string): Totals {
  console.log(`  ○ a smoke in the virtual machine (skipped: ${reason})`);
  return { passed: 0, failed: 0, skipped: 1 };
}

async function runSuite(suite: string): Promise<Totals> {
  const files = globSync(`tests/${suite}/**/*.test.ts`, { cwd: root }).sort();
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  console.log(`${suite} tests`);
  const before = census();
  const result = await runTests(files, { concurrency: 2, timeoutMs, limitMs, deadline });
  const left = await censusDifference(before, { concerns: (entry) => !entry.includes(personsEngine) });
  if (left.length === 0) return { ...result, passed: result.passed + 1 };
  console.log(`✖ census after ${suite}: it left something behind\n${left.map((line) => `    ${line}`).join('\n')}`);
  return { ...result, failed: result.failed + 1 };
}
