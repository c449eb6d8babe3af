import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig } from '../../oci/container.ts';
import { commandOf, mergeConfig, mergeEnv } from './merge-config.ts';

const image: ContainerConfig = {
  entrypoint: ['/entry'], cmd: ['serve'], env: ['PATH=/bin', 'A=image'], labels: { a: 'i', b: 'i' }, volumes: { '/data': {} },
  exposedPorts: { '80/tcp': {} }, workingDir: '/srv', user: 'app', stopSignal: 'SIGINT',
  healthcheck: { test: ['CMD', 'probe'], interval: 5, retries: 2 },
};

const commands: [string, ContainerConfig, string[]][] = [
  ['nothing asked: entrypoint and command of the image', {}, ['/entry', 'serve']],
  ['a command replaces the image command', { cmd: ['x', 'y'] }, ['/entry', 'x', 'y']],
  ['an entrypoint drops the image command', { entrypoint: ['/mine'] }, ['/mine']],
  ['an entrypoint with a command', { entrypoint: ['/mine'], cmd: ['z'] }, ['/mine', 'z']],
  ['an empty entrypoint clears the image entrypoint', { entrypoint: [''], cmd: ['sh'] }, ['sh']],
  ['an empty list clears it too, and keeps the image command', { entrypoint: [] }, ['serve']],
  ['an empty command list keeps the image command', { cmd: [] }, ['/entry', 'serve']],
];
for (const [title, request, expected] of commands) {
  test(`mergeConfig(): ${title}`, () => {
    const { path, args } = commandOf(mergeConfig(image, request));
    assert.deepEqual([path, ...args], expected);
  });
}

test('commandOf() refuses a container without a command', () => {
  assert.throws(() => commandOf(mergeConfig(image, { entrypoint: [''] })), { message: 'no command specified' });
});

test('mergeEnv() lets the request win by name and keeps the rest of the image', () => {
  assert.deepEqual(mergeEnv(['PATH=/bin', 'A=image', 'E='], ['A=mine', 'B']), ['A=mine', 'B', 'PATH=/bin', 'E=']);
});

test('mergeConfig() merges labels, volumes and ports by key, and takes scalars of the image where the request is silent', () => {
  const merged = mergeConfig(image, { labels: { a: 'mine' }, volumes: { '/more': {} }, exposedPorts: { '53/udp': {} }, user: '' });
  assert.deepEqual(merged.labels, { a: 'mine', b: 'i' });
  assert.deepEqual(Object.keys(merged.volumes ?? {}), ['/data', '/more']);
  assert.deepEqual(Object.keys(merged.exposedPorts ?? {}), ['80/tcp', '53/udp']);
  assert.equal(merged.user, 'app');
  assert.equal(merged.workingDir, '/srv');
  assert.equal(merged.stopSignal, 'SIGINT');
});

test('mergeConfig() fills an incomplete healthcheck from the image', () => {
  assert.deepEqual(mergeConfig(image, { healthcheck: { interval: 9 } }).healthcheck,
    { test: ['CMD', 'probe'], interval: 9, timeout: undefined, startPeriod: undefined, startInterval: undefined, retries: 2 });
  assert.deepEqual(mergeConfig(image, { healthcheck: { test: ['NONE'] } }).healthcheck?.test, ['NONE']);
});
