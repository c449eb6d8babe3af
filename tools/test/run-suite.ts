import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Totals { passed: number; failed: number; skipped: number }

export const root = join(import.meta.dirname, '../..');
const bin = join(root, 'node_modules/.bin');

/**
 * Runs test files with node:test and this repository's reporter. A run that dies without totals, or is not over after `limitMs`,
 * counts as one failure: node:test itself waits for ever for a file that leaves something open.
 */
export async function runTests(files: string[], options: { concurrency: number; timeoutMs: number; limitMs: number }): Promise<Totals> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-totals-'));
  const totalsPath = join(folder, 'totals');
  try {
    const exitCode = await run(process.execPath, [
      '--test', `--test-concurrency=${options.concurrency}`, `--test-timeout=${options.timeoutMs}`,
      `--test-reporter=${join(root, 'tools/test/reporter.ts')}`, '--test-reporter-destination=stdout', ...files,
    ], { env: { GANTRY_TEST_TOTALS: totalsPath }, limitMs: options.limitMs });
    const totals = readTotals(totalsPath);
    if (totals === undefined) return { passed: 0, failed: 1, skipped: 0 };
    if (exitCode !== 0 && totals.failed === 0) totals.failed = 1;
    return totals;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readTotals(path: string): Totals | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8').trim()) as Totals;
  } catch {
    return undefined; // the run ended before its summary
  }
}

/** Runs a program in the repository's root with its words on this terminal, in a process group that ends with it. */
async function run(program: string, args: string[], options: { env: Record<string, string>; limitMs: number }): Promise<number> {
  // A test that is itself run by node:test must not report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...outer } = process.env;
  const child = spawn(program, args, {
    cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: true, env: { ...outer, PATH: `${bin}:${outer['PATH']}`, ...options.env },
  });
  const endGroup = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const limit = setTimeout(() => {
    console.log(`✖ not over after ${options.limitMs / 1000} s; ended. A file without a line above is the one that hangs.`);
    endGroup();
  }, options.limitMs);
  process.once('SIGINT', endGroup);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
  } finally {
    clearTimeout(limit);
    process.off('SIGINT', endGroup);
  }
}

/** The same, but silent unless it fails. */
export async function runQuietly(program: string, args: string[]): Promise<{ exitCode: number; output: string }> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` } });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
