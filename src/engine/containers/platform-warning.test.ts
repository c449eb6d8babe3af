import assert from 'node:assert/strict';
import { test } from 'node:test';
import { platformWarnings } from './platform-warning.ts';

const host = { os: 'linux', architecture: 'amd64' };

test('platformWarnings() tells of an image that the host may not run', () => {
  assert.deepEqual(platformWarnings({ os: 'linux', architecture: 'arm64' }, host, undefined), [
    "The requested image's platform (linux/arm64) does not match the detected host platform (linux/amd64) and no specific platform was requested",
  ]);
});

test('platformWarnings() is silent where it fits, or where it was asked for', () => {
  assert.deepEqual(platformWarnings(host, host, undefined), []);
  assert.deepEqual(platformWarnings({ os: 'linux', architecture: 'arm64' }, host, 'linux/arm64'), []);
});
