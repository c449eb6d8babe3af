/** Inside the virtual machine: the test files of /gantry/.suites one after the other, a line each as it ends, and a census after each folder. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { census, censusDifference } from '../../tests/support/census.ts';
import { add, close } from '../test/gate.ts';
import { root, runTests, type Totals } from '../test/run-suite.ts';

/** Emulated processors are ten to fifty times slower than real ones: these end what hangs, and hurry nothing. */
const limits = { concurrency: 1, timeoutMs: 15 * 60_000, limitMs: 30 * 60_000 };

const files = readFileSync(join(root, '.suites'), 'utf8').split('\n');
let totals: Totals = { passed: 0, failed: 0, skipped: 0 };
for (const [folder, its] of Map.groupBy(files, dirname)) totals = add(totals, await runFolder(folder, its));
process.exitCode = close(totals);

async function runFolder(folder: string, its: string[]): Promise<Totals> {
  console.log(folder);
  const before = census();
  let result: Totals = { passed: 0, failed: 0, skipped: 0 };
  for (const file of its) result = add(result, await runTests([file], limits));
  const left = await censusDifference(before);
  for (const line of left) console.log(`  ✖ census: ${line}`);
  console.log(`  ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped; ${left.length === 0 ? 'nothing' : left.length} left behind`);
  return left.length === 0 ? { ...result, passed: result.passed + 1 } : { ...result, failed: result.failed + 1 };
}
