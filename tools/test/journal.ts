/**
 * A reporter for node:test that runs inside each test file's process and writes one JSON line for whatever begins or ends, at once: what stands
 * there is true also of a process that hangs, spins or is killed. `tools/test/run-file.ts` reads it.
 */
import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';

/** `began`: it runs from now on. `over`: it has a result; what did not run because its suite's hook failed has `notRun`. */
export type Entry =
  | { act: 'began'; name: string }
  | { act: 'left'; name: string }
  | { act: 'over'; name: string; outcome: 'passed' | 'failed' | 'skipped'; reason?: string; error?: string; notRun?: boolean };

export default async function* journal(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const path = process.env['GANTRY_TEST_JOURNAL'] as string;
  for await (const event of events) {
    const entry = entryOf(event);
    if (entry !== undefined) appendFileSync(path, `${JSON.stringify(entry)}\n`);
  }
  yield ''; // a reporter is a generator; all that it has to say stands in the journal
}

function entryOf(event: TestEvent): Entry | undefined {
  switch (event.type) {
    case 'test:dequeue': return { act: 'began', name: event.data.name };
    case 'test:complete': return { act: 'left', name: event.data.name };
    case 'test:pass': {
      const reason = event.data.skip ?? event.data.todo;
      if (reason !== undefined) return { act: 'over', name: event.data.name, outcome: 'skipped', ...(typeof reason === 'string' ? { reason } : {}) };
      // A suite is no test; but a skipped one stands for its tests, which are not even listed.
      return event.data.details.type === 'suite' ? undefined : { act: 'over', name: event.data.name, outcome: 'passed' };
    }
    case 'test:fail': {
      const { name, details: { error, type } } = event.data;
      const kind = (error as { failureType?: string }).failureType;
      // A suite fails because one of its tests did, which is told of itself; but its hooks are told of only here.
      if (type === 'suite' && kind !== 'hookFailed') return undefined;
      if (kind === 'cancelledByParent') return { act: 'over', name, outcome: 'failed', notRun: true };
      // node:test wraps what a test threw; the cause is what a person wants to read.
      return { act: 'over', name, outcome: 'failed', error: inspect(error.cause ?? error, { depth: 4 }) };
    }
    default: return undefined;
  }
}
