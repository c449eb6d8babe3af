import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoggedContainer } from './log-attributes.ts';
import { logSettingsOf, withLogDefaults } from './log-settings.ts';

const daemon = { type: 'json-file', config: { 'max-size': '10m', 'max-file': '3' } };
const container: LoggedContainer = {
  id: '0123456789abcdef', name: 'web', image: { id: 'sha256:fedcba9876543210', reference: 'nginx:1' }, path: 'nginx', args: ['-g', 'x'],
  config: { labels: { tier: 'front', 'com.example.team': 'blue', other: 'x' }, env: ['MODE=dev', 'MODEL=a=b', 'EMPTY'] },
};
const attributes = (config: Record<string, string>): unknown => logSettingsOf(container, '/c', { type: 'json-file', config }).attributes;

test('withLogDefaults() keeps options that came without a driver, as the docker client sends them', () => {
  assert.deepEqual(withLogDefaults({ type: '', config: { 'max-size': '1k' } }, daemon), { type: 'json-file', config: { 'max-size': '1k', 'max-file': '3' } });
});

test('withLogDefaults() gives the options of the daemon to its own driver alone', () => {
  assert.deepEqual(withLogDefaults(undefined, daemon), daemon);
  assert.deepEqual(withLogDefaults({ type: 'local', config: {} }, daemon), { type: 'local', config: {} });
});

test('logSettingsOf() reads sizes in thousands, counts and compression', () => {
  assert.deepEqual(logSettingsOf(container, '/c', { type: 'json-file', config: { 'max-size': '1.5k', 'max-file': '3', compress: 'true' } }), {
    driver: 'json-file', maxFiles: 3, compress: true, path: '/c/0123456789abcdef-json.log', maxSize: 1500,
  });
});

test('logSettingsOf() rotates and compresses a local log without being asked, at 20 MiB', () => {
  assert.deepEqual(logSettingsOf(container, '/c', { type: 'local' }), { driver: 'local', maxFiles: 5, compress: true, path: '/c/container.log', maxSize: 20 * 1024 * 1024 });
});

test('logSettingsOf() has no file for none, whose options mean nothing', () => {
  assert.deepEqual(logSettingsOf(container, '/c', { type: 'none', config: { 'max-size': '10m' } }), { driver: 'none', maxFiles: 1, compress: false, path: '' });
});

test('logSettingsOf() takes labels and variables by name and by pattern', () => {
  assert.deepEqual(attributes({ labels: 'tier,none', env: 'MODE' }), { tier: 'front', MODE: 'dev' });
  assert.deepEqual(attributes({ 'labels-regex': '^com\\.example\\.', 'env-regex': '(?i)^model$' }), { 'com.example.team': 'blue', MODEL: 'a=b' });
  assert.equal(attributes({ labels: 'none', env: 'EMPTY' }), undefined);
});

for (const [tag, text] of [
  ['fixed', 'fixed'], ['{{.ID}}/{{.Name}}', '0123456789ab/web'], ['{{.FullID}}', '0123456789abcdef'], ['{{.ImageName}} {{.ImageID}} {{.ImageFullID}}', 'nginx:1 sha256:fedcb sha256:fedcba9876543210'],
  ['{{upper .Name}}: {{.Command}}', 'WEB: nginx -g x'], ['{{.DaemonName}}', 'docker'],
] as const) {
  test(`logSettingsOf() writes the tag ${tag} as ${text}`, () => assert.deepEqual(attributes({ tag }), { tag: text }));
}

test('logSettingsOf() takes both modes of delivery, of any driver', () => {
  const plain = logSettingsOf(container, '/c', { type: 'local' });
  assert.deepEqual(logSettingsOf(container, '/c', { type: 'local', config: { mode: 'non-blocking', 'max-buffer-size': '4m' } }), plain);
  assert.deepEqual(logSettingsOf(container, '/c', { type: 'local', config: { mode: 'blocking' } }), plain);
  assert.deepEqual(logSettingsOf(container, '/c', { type: 'local', config: { 'cache-disabled': 'true', 'cache-max-size': '1m' } }), plain);
});

for (const [type, config, message] of [
  ['syslog', {}, "logger: no log driver named 'syslog' is registered"],
  ['nosuch', {}, 'error looking up logging plugin nosuch: plugin "nosuch" not found'],
  ['json-file', { bogus: '1' }, "unknown log opt 'bogus' for json-file log driver"],
  ['local', { tag: 'x' }, "unknown log opt 'tag' for log driver local"],
  ['json-file', { 'max-size': 'much' }, "invalid size: 'much'"],
  ['json-file', { 'max-size': '-1' }, "invalid size: '-1'"],
  ['json-file', { mode: 'non-blocking', 'max-buffer-size': 'x' }, "error parsing option max-buffer-size: invalid size: 'x'"],
  ['local', { 'cache-disabled': 'x' }, 'invalid value for option cache-disabled: x'],
  ['json-file', { 'max-size': '1k', 'max-file': '0' }, 'max-file cannot be less than 1'],
  ['json-file', { 'max-size': '1k', compress: 'true' }, 'compress cannot be true when max-file is less than 2 or max-size is not set'],
  ['json-file', { compress: 'maybe' }, 'strconv.ParseBool: parsing "maybe": invalid syntax'],
  ['json-file', { mode: 'fast' }, 'logger: logging mode not supported: fast'],
  ['json-file', { 'max-buffer-size': '1m' }, "logger: max-buffer-size option is only supported with 'mode=non-blocking'"],
  ['json-file', { 'env-regex': '(' }, /^invalid value for env-regex: "\("/],
  ['json-file', { tag: '{{.Name' }, /^invalid value for tag: /],
  ['json-file', { tag: '{{.Foo}}' }, /^invalid value for tag: .*Foo/],
] as const) {
  test(`logSettingsOf() refuses ${type} with ${JSON.stringify(config)}`, () => {
    assert.throws(() => logSettingsOf(container, '/c', { type, config }), { kind: 'invalid', message });
  });
}
