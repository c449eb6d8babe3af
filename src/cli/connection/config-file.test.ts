import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfig } from './config-file.ts';

let directory: string;
before(() => { directory = mkdtempSync(join(tmpdir(), 'gantry-config-')); });
after(() => rmSync(directory, { recursive: true, force: true }));

function read(text: string): { config: unknown; warnings: string[] } {
  writeFileSync(join(directory, 'config.json'), text);
  const warnings: string[] = [];
  return { config: readConfig(directory, (line) => { warnings.push(line); }), warnings };
}

test('readConfig() takes an absent, an empty and a null file for an empty one', () => {
  assert.deepEqual(readConfig(join(directory, 'absent'), assert.fail), {});
  for (const text of ['', ' \n', 'null', '{}']) assert.deepEqual(read(text), { config: {}, warnings: [] });
});

test('readConfig() reads past a byte order mark', () => {
  assert.deepEqual(read('\ufeff{"psFormat":"x"}'), { config: { psFormat: 'x' }, warnings: [] });
});

test('readConfig() warns of what it cannot read, and goes on without', () => {
  for (const text of ['{', '[]', '"x"', '{"psFormat":3}', '{"auths":[]}', '{"pruneFilters":{}}']) {
    const { config, warnings } = read(text);
    assert.deepEqual(config, {}, text);
    assert.match(warnings.join('\n'), /^WARNING: Error parsing config file \(.*config\.json\): .+$/, text);
  }
});
