import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endMarked, markedProcesses } from '../../tests/support/marked.ts';
import { unmountBelow } from '../../tests/support/undo.ts';
import type { Entry } from './journal.ts';

export const root = join(import.meta.dirname, '../..');
export const bin = join(root, 'node_modules/.bin');

const patienceMs = 60_000;

export interface FileResult { file: string; passed: number; failed: number; skipped: number; seconds: number; lines: string[] }

export interface FileOptions {
  /** Holds the file's TMPDIR, journal and output; processes are recognised by it. */
  folder: string;
  /** For one test. */
  timeoutMs: number;
  /** For the whole file. node:test itself waits for ever for a file that leaves something open, and cannot end a test that spins. */
  limitMs: number;
}

/**
 * Runs one test file in a process group and a temporary folder of its own. One that is not over after its limit is asked what it does, ended with
 * all that it started, and counts as a failure.
 */
export async function runFile(file: string, { folder, timeoutMs, limitMs }: FileOptions): Promise<FileResult> {
  const startedAt = performance.now();
  const temporary = join(folder, 't');
  mkdirSync(temporary, { recursive: true });
  const output = openSync(join(folder, 'output'), 'a');
  // A test that is itself run by node:test must not report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...outer } = process.env;
  const child = spawn(process.execPath, [
    `--test-timeout=${timeoutMs}`, `--test-reporter=${join(root, 'tools/test/journal.ts')}`, '--test-reporter-destination=stdout',
    '--report-on-signal', '--report-signal=SIGUSR2', `--report-directory=${folder}`, '--report-filename=report.json', '--report-exclude-env', '--report-exclude-network',
    file,
  ], {
    cwd: root, stdio: ['ignore', output, output], detached: true,
    env: { ...outer, PATH: `${dirname(process.execPath)}:${bin}:${outer['PATH']}`, TMPDIR: temporary, GANTRY_TEST_JOURNAL: join(folder, 'journal') },
  });
  closeSync(output);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
  });
  const late = new AbortController();
  const outcome = await Promise.race([ended, delay(limitMs, undefined, { signal: late.signal })]);
  late.abort();
  const hung = outcome === undefined ? [`not over after ${(limitMs / 1000).toFixed(0)} s`, ...await whatItDoes(child, folder)] : [];
  endGroup(child);
  const end = outcome ?? await ended;
  const seconds = (performance.now() - startedAt) / 1000;
  const left = hung.length > 0 ? [] : await leftovers(temporary);
  if (hung.length + left.length > 0) await endMarked(temporary);
  unmountBelow(folder);
  return { ...judge(file, folder, { end, hung, left }), seconds };
}

/** What a file that is over left of itself, one line each. Removals that the kernel or an engine finishes late are waited for. */
async function leftovers(temporary: string): Promise<string[]> {
  for (const deadline = performance.now() + patienceMs; ;) {
    const files = readdirSync(temporary).filter((name) => name.startsWith('gantry')).map((name) => `file ${join(temporary, name)}`);
    const left = [...files, ...markedProcesses(temporary).map(({ pid, command }) => `process ${pid} ${command}`)];
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(100);
  }
}

function endGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

function judge(file: string, folder: string, { end, hung, left }: { end: string; hung: string[]; left: string[] }): Omit<FileResult, 'seconds'> {
  const result = { file, passed: 0, failed: 0, skipped: 0, lines: [] as string[] };
  for (const entry of journalOf(folder)) {
    if (entry.act !== 'over') continue;
    result[entry.outcome]++;
    if (entry.outcome === 'skipped') result.lines.push(`○ ${file}: ${entry.name} (skipped${entry.reason === undefined ? '' : `: ${entry.reason}`})`);
    if (entry.outcome === 'failed') result.lines.push(`✖ ${file}: ${entry.name}${entry.notRun === true ? ' (not run)' : `\n${indent(entry.error ?? '')}`}`);
  }
  if (hung.length > 0) {
    result.failed++;
    result.lines.push(`✖ ${file}: ${hung[0]}\n${indent(hung.slice(1).join('\n'))}`);
  } else if (end !== 'exit code 0' && result.failed === 0) {
    result.failed++;
    result.lines.push(`✖ ${file}: ended with ${end}`);
  }
  if (left.length > 0) {
    result.failed++;
    result.lines.push(`✖ ${file}: left something behind\n${indent(left.join('\n'))}`);
  }
  const said = result.failed > 0 ? readFileSync(join(folder, 'output'), 'utf8').trimEnd() : '';
  if (said !== '') result.lines.push(`  ${file} said:\n${indent(said.split('\n').slice(-60).join('\n'))}`);
  return result;
}

function journalOf(folder: string): Entry[] {
  if (!readdirSync(folder).includes('journal')) return [];
  return readFileSync(join(folder, 'journal'), 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
}

/** Which of its tests are not over, where its JavaScript is, what it waits for, and which processes it has. */
async function whatItDoes(child: ChildProcess, folder: string): Promise<string[]> {
  const running: string[] = [];
  for (const { act, name } of journalOf(folder)) {
    if (act === 'began') running.push(name);
    else if (act === 'left') running.splice(running.indexOf(name), 1);
  }
  const lines = running.length === 0 ? ['all tests that began are over'] : running.map((name) => `not over: ${name}`);
  child.kill('SIGUSR2');
  const report = await reportOf(folder);
  lines.push(...(report === undefined ? ['gives no report: it spins, or is stuck in a system call'] : describe(report)));
  return [...lines, ...markedProcesses(join(folder, 't')).filter(({ pid }) => pid !== child.pid).map(({ pid, command }) => `process ${pid} ${command}`)];
}

interface Report {
  javascriptStack?: { message?: string; stack?: string[] };
  libuv?: { type: string; is_active: boolean; is_referenced: boolean; [detail: string]: unknown }[];
}

/** node's own report on a signal, written also while its JavaScript spins. */
async function reportOf(folder: string): Promise<Report | undefined> {
  for (let tries = 0; tries < 50; tries++) {
    await delay(100);
    try {
      return JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
    } catch {
      continue; // not there yet, or not whole
    }
  }
  return undefined;
}

function describe({ javascriptStack, libuv }: Report): string[] {
  const stack = (javascriptStack?.stack ?? []).filter((line) => !line.includes('node:internal'));
  const waits = (libuv ?? []).filter((handle) => handle.is_active && handle.is_referenced && handle.type !== 'loop').map(({ type, is_active: _a, is_referenced: _r, address: _b, ...details }) => (
    `waits for ${type} ${JSON.stringify(details)}`
  ));
  return [...stack.map((line) => `runs ${line}`), ...waits.slice(0, 40)];
}

function indent(text: string): string {
  return text.split('\n').map((line) => `      ${line}`).join('\n');
}
