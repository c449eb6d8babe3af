import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../../../oci/digest.ts';
import type { ProgressLine } from '../verbs.ts';
import { layerLines } from './pull-progress.ts';

const layer = { digest: digestOf('x'), size: 1000 };
const id = layer.digest.slice(7, 19);

describe('layerLines()', () => {
  it('says Docker\'s words in Docker\'s order, and a bar ten times a second at most', () => {
    const lines: ProgressLine[] = [];
    let now = 0;
    const tell = layerLines(layer, (line) => lines.push(line), () => now);
    tell({ phase: 'queued' });
    tell({ phase: 'waiting' });
    for (const currentBytes of [0, 100, 200]) tell({ phase: 'downloading', currentBytes });
    now = 150;
    tell({ phase: 'downloading', currentBytes: 300 });
    tell({ phase: 'downloading', currentBytes: 1000 });
    for (const phase of ['verifying', 'complete', 'complete'] as const) tell({ phase });
    tell({ phase: 'extracting', currentBytes: 1000 });
    tell({ phase: 'pulled' });
    assert.deepEqual(lines.map(({ status, progress }) => (progress === undefined ? status : `${status} ${progress.current}/${progress.total}`)), [
      'Pulling fs layer', 'Waiting', 'Downloading 0/1000', 'Downloading 300/1000', 'Downloading 1000/1000', 'Verifying Checksum', 'Download complete',
      'Extracting 1000/1000', 'Pull complete',
    ]);
    assert.ok(lines.every((line) => line.id === id));
  });

  it('begins as Docker does for a layer that others bring already, and has one word for what is here', () => {
    const lines: ProgressLine[] = [];
    layerLines(layer, (line) => lines.push(line))({ phase: 'downloading', currentBytes: 500 });
    layerLines(layer, (line) => lines.push(line))({ phase: 'exists' });
    assert.deepEqual(lines.map(({ status }) => status), ['Pulling fs layer', 'Downloading', 'Already exists']);
  });
});
