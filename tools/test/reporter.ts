/**
 * A reporter for node:test: one line a file, failures in full, skipped tests with their reasons. The totals of a run go as one JSON
 * line to the file named by GANTRY_TEST_TOTALS, so that several runs can be added up.
 */
import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

interface FileResult { passed: number; failed: number; skipped: number; ms: number }

export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, FileResult>();
  for await (const event of events) {
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      if (event.data.details.type === 'suite') {
        if (event.type === 'test:fail' && failureOf(event.data.details.error) === 'hookFailed') yield failure(event.data.file, event.data.name, event.data.details.error);
        continue;
      }
      const name = relative(process.cwd(), event.data.file ?? 'unknown');
      const file = files.get(name) ?? { passed: 0, failed: 0, skipped: 0, ms: 0 };
      files.set(name, file);
      if (event.data.nesting === 0) file.ms += event.data.details.duration_ms;
      const reason = event.data.skip ?? event.data.todo;
      if (event.type === 'test:fail') {
        file.failed++;
        yield failure(event.data.file, event.data.name, event.data.details.error);
      } else if (reason !== undefined) {
        file.skipped++;
        yield `  ○ ${name}: ${event.data.name} (skipped${typeof reason === 'string' ? `: ${reason}` : ''})\n`;
      } else {
        file.passed++;
      }
    } else if ((event.type === 'test:stderr' || event.type === 'test:stdout') && process.env['GANTRY_TEST_VERBOSE'] !== undefined) {
      yield event.data.message;
    }
  }
  yield summary(files);
}

function summary(files: Map<string, FileResult>): string {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  for (const [name, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    total.passed += file.passed;
    total.failed += file.failed;
    total.skipped += file.skipped;
    lines.push(`  ${file.failed > 0 ? '✖' : '✔'} ${name} ${file.passed}${file.failed > 0 ? `, ${file.failed} failed` : ''} (${(file.ms / 1000).toFixed(1)} s)\n`);
  }
  const path = process.env['GANTRY_TEST_TOTALS'];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(total)}\n`);
  return lines.join('');
}

function failure(file: string | undefined, name: string, error: Error): string {
  const heading = `  ✖ ${relative(process.cwd(), file ?? 'unknown')}: ${name}`;
  // Its suite's hook failed and tells why; this one never ran.
  if (failureOf(error) === 'cancelledByParent') return `${heading} (not run)\n`;
  return `${heading}\n${indent(explain(error))}\n`;
}

/** What kind of failure node:test saw: `hookFailed`, `cancelledByParent`, `testCodeFailure` … */
function failureOf(error: Error): string | undefined {
  return (error as { failureType?: string }).failureType;
}

/** node:test wraps what a test threw; the cause is what a person wants to read. */
function explain(error: Error): string {
  return inspect(error.cause ?? error, { depth: 4 });
}

function indent(text: string): string {
  return text.split('\n').map((line) => `      ${line}`).join('\n');
}
