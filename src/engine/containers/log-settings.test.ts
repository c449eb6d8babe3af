import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logSettingsOf, withLogDefaults } from './log-settings.ts';

const daemon = { type: 'json-file', config: { 'max-size': '10m', 'max-file': '3' } };

test('withLogDefaults() keeps options that came without a driver, as the docker client sends them', () => {
  assert.deepEqual(withLogDefaults({ type: '', config: { 'max-size': '1k' } }, daemon), { type: 'json-file', config: { 'max-size': '1k', 'max-file': '3' } });
});

test('withLogDefaults() gives the options of the daemon to its own driver alone', () => {
  assert.deepEqual(withLogDefaults(undefined, daemon), daemon);
  assert.deepEqual(withLogDefaults({ type: 'local', config: {} }, daemon), { type: 'local', config: {} });
});

test('logSettingsOf() reads sizes, counts and compression', () => {
  assert.deepEqual(logSettingsOf('id', '/c', {}, { type: 'json-file', config: { 'max-size': '10k', 'max-file': '3', compress: 'true' } }), {
    driver: 'json-file', maxFiles: 3, compress: true, path: '/c/id-json.log', maxSize: 10_240,
  });
  assert.equal(logSettingsOf('id', '/c', {}, { type: 'none', config: {} }).path, '');
});

for (const [config, message] of [
  [{ bogus: '1' }, "unknown log opt 'bogus' for json-file log driver"],
  [{ 'max-size': 'much' }, "invalid size: 'much'"],
  [{ 'max-size': '1k', 'max-file': '0' }, 'max-file cannot be less than 1'],
  [{ 'max-file': '2' }, 'max-file cannot be used without max-size'],
  [{ 'max-size': '1k', compress: 'true' }, 'compress cannot be true when max-file is less than 2 or unset'],
] as const) {
  test(`logSettingsOf() refuses ${JSON.stringify(config)}`, () => {
    assert.throws(() => logSettingsOf('id', '/c', {}, { type: 'json-file', config }), { kind: 'invalid', message });
  });
}
