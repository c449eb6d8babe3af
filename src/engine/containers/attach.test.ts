import assert from 'node:assert/strict';
import { PassThrough, type Duplex } from 'node:stream';
import { test } from 'node:test';
import { attach } from './attach.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerState } from './record.ts';

/** What the monitor gives for a container that does not run, whatever the record says. */
async function attached(state: ContainerState): Promise<{ live: Duplex; stream: Duplex }> {
  const live = new PassThrough();
  const record = { id: 'c1', config: {}, image: {}, name: 'web', state };
  const deps = { catalog: { find: () => record }, events: { publish: () => undefined }, runtime: { attach: () => Promise.resolve({ stream: live, tty: false, waits: true }) } };
  const { stream } = await attach(deps as unknown as ContainerDeps, 'web', { stream: true, stdin: true, stdout: true, stderr: true, logs: false } as Parameters<typeof attach>[2]);
  return { live, stream };
}

test('attach() to a run that has ended, of which nobody has told us yet, ends instead of waiting for the next run', async () => {
  const { live, stream } = await attached({ status: 'running', pid: 7, startedAt: '' });
  assert.deepEqual(await Array.fromAsync(stream), []);
  assert.ok(live.destroyed);
});

test('attach() to a container that does not run waits for its start', async () => {
  const { live, stream } = await attached({ status: 'created' });
  live.end('begun');
  assert.equal(String(Buffer.concat(await Array.fromAsync(stream) as Buffer[])), 'begun');
});
