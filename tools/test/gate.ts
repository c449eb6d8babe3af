import { globSync } from 'node:fs';
import { root, runQuietly, runTests, type Totals } from './run-suite.ts';

const steps: { name: string; program: string; args: string[] }[] = [
  { name: 'types', program: 'tsc', args: ['--noEmit', '--pretty', 'false'] },
  { name: 'lint', program: 'oxlint', args: ['--format=unix'] },
  { name: 'rooms', program: 'node', args: ['tools/rooms/check.ts'] },
  { name: 'unused code', program: 'knip', args: ['--no-progress', '--no-config-hints'] },
];

/** The gate: types, lint, rooms, unused code, unit tests. Each step counts as one test. */
export async function gate(): Promise<Totals> {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  for (const step of steps) {
    const startedAt = performance.now();
    const { exitCode, output } = await runQuietly(step.program, step.args);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (exitCode === 0) totals.passed++;
    else totals.failed++;
    console.log(`${exitCode === 0 ? '✔' : '✖'} ${step.name} (${seconds} s)`);
    if (exitCode !== 0) console.log(output.trimEnd().split('\n').map((line) => `    ${line}`).join('\n'));
  }
  console.log('unit tests');
  const files = globSync(['src/**/*.test.ts', 'tools/**/*.test.ts'], { cwd: root }).sort();
  return add(totals, await runTests(files, { concurrency: 2, timeoutMs: 60_000, limitMs: 120_000 }));
}

export function add(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The closing line, alone on its line, and the exit code that fits it. */
export function close(totals: Totals): number {
  if (totals.skipped > 0) console.log(`${totals.skipped} skipped; each says why above`);
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 ? 0 : 1;
}
