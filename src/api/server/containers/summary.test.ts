import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerRecord } from '../../../engine/containers/record.ts';
import type { ContainerSummary } from '../../../engine/containers/verbs.ts';
import { summaryJson, summaryText } from './summary.ts';

const record = {
  id: 'ab12', name: 'web', createdAt: '2026-01-01T00:00:00Z', image: { id: 'sha256:1', reference: 'web:1' }, path: 'sh', args: ['-c', 'a "quoted" word'],
  config: { labels: { text: '","Status":"forged"' } }, hostConfig: { annotations: { a: 'b' } }, endpoints: {}, mounts: [], state: { status: 'created' },
} as unknown as ContainerRecord;
const summary: ContainerSummary = { record, names: ['web'], imageName: 'web:1', endpoints: {} };

test('the text of an entry is the entry', () => {
  assert.deepEqual(JSON.parse(summaryText(summary, '1.45')), summaryJson(summary, '1.45'));
});

test('the text follows what changes: the record, the health, the name of the image, its own and those of links, the version, sizes', () => {
  const changes: [Partial<ContainerSummary>, version: string][] = [
    [{}, '1.45'], [{}, '1.46'], [{ imageName: 'sha256:1' }, '1.46'], [{ names: ['api/db', 'web'] }, '1.46'],
    [{ record: { ...record, state: { status: 'running', pid: 7, startedAt: '2026-01-01T00:00:00Z' } }, health: 'starting' }, '1.46'],
    [{ record: { ...record, state: { status: 'running', pid: 7, startedAt: '2026-01-01T00:00:00Z' } }, health: 'healthy' }, '1.46'],
    [{ size: { rw: 5, rootFs: 7 } }, '1.46'],
  ];
  const texts = changes.map(([change, version]) => {
    const changed = { ...summary, ...change };
    assert.deepEqual(JSON.parse(summaryText(changed, version)), summaryJson(changed, version));
    return summaryText(changed, version);
  });
  assert.equal(new Set(texts).size, changes.length);
});
