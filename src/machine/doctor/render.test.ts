import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finding, ok } from './check.ts';
import { render } from './render.ts';

test('render() gives each finding a line, its remedy the next, and sums up', () => {
  const text = render([ok('kernel', 'Linux 6.1'), finding('space', 'fail', 'full', 'Free some.')], false);
  assert.equal(text, '✔ kernel  Linux 6.1\n✖ space   full\n          → Free some.\n\nContainers cannot run here yet: 1 to mend.\n');
});

test('render() keeps a finding on one line whatever the runtime said', () => {
  assert.match(render([finding('runtime', 'warn', 'a\nb', 'c')], false), /^! runtime {2}a b$/m);
});

test('render() uses colour only when asked', () => {
  assert.equal(render([ok('kernel', 'x')], false).includes('\u001B'), false);
  assert.match(render([ok('kernel', 'x')], true), /\u001B\[32m✔/);
});
