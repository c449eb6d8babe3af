import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bin, root, runFile, type FileResult } from './run-file.ts';

export { root };
export interface Totals { passed: number; failed: number; skipped: number }

export interface RunOptions {
  /** Test files at a time. */
  concurrency: number;
  /** For one test, and for one file. */
  timeoutMs: number;
  limitMs: number;
  /** When all must be over, in `performance.now()`'s milliseconds: files that had no turn until then have failed. */
  deadline?: number;
}

/** Runs test files, each in a process of its own, and tells of each as it ends: its counts, its failures in full, its skipped tests with reasons. */
export async function runTests(files: string[], options: RunOptions): Promise<Totals> {
  // Short, since sockets and some programs limit paths, and open to strangers as the host's own is.
  const folder = mkdtempSync(join(tmpdir(), 'gt-'));
  chmodSync(folder, 0o755);
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  const waiting = files.entries();
  const work = async (): Promise<void> => {
    for (const [number, file] of waiting) {
      const result = await runInTime(file, { ...options, folder: join(folder, String(number)) });
      tell(result);
      for (const outcome of ['passed', 'failed', 'skipped'] as const) totals[outcome] += result[outcome];
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, work));
    return totals;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runInTime(file: string, options: RunOptions & { folder: string }): Promise<FileResult> {
  const leftMs = (options.deadline ?? Infinity) - performance.now();
  if (leftMs > 0) return await runFile(file, { ...options, limitMs: Math.min(options.limitMs, leftMs) });
  return { file, passed: 0, failed: 1, skipped: 0, seconds: 0, lines: [`✖ ${file}: not run, the time for all tests is over`] };
}

function tell({ file, passed, failed, seconds, lines }: FileResult): void {
  for (const line of lines) console.log(`  ${line}`);
  console.log(`  ${failed > 0 ? '✖' : '✔'} ${file} ${passed}${failed > 0 ? `, ${failed} failed` : ''} (${seconds.toFixed(1)} s)`);
}

/** Runs a program in the repository's root, with the pinned Node.js before any other, silent unless it fails. */
export async function runQuietly(program: string, args: string[]): Promise<{ exitCode: number; output: string }> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PATH: `${dirname(process.execPath)}:${bin}:${process.env['PATH']}` } });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
