import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkConfigShape } from './config-shape.ts';

describe('checkConfigShape()', () => {
  it('lets the specification\'s fields pass, those it does not know, and null for "not said"', () => {
    checkConfigShape({
      architecture: 'amd64', os: 'linux', created: null, invented: 7, history: [{ created_by: 'x', empty_layer: true }],
      config: { Env: ['A=b'], Cmd: null, Entrypoint: ['/x'], ExposedPorts: { '80/tcp': {} }, Labels: { a: 'b' }, StopTimeout: 3, Healthcheck: { Test: ['NONE'], Interval: 0, Retries: 3, Timeout: 3e9 } },
    }, 'here');
    checkConfigShape({ config: null, history: null }, 'here');
  });

  const refused: [raw: Record<string, unknown>, field: string][] = [
    [{ architecture: 7 }, 'architecture'], [{ history: {} }, 'history'], [{ history: [3] }, 'history[0]'], [{ history: [{}, { comment: 1 }] }, 'history[1].comment'],
    [{ config: [] }, 'config'], [{ config: { Env: 'A=b' } }, 'config.Env'], [{ config: { Env: [1] } }, 'config.Env'], [{ config: { Labels: { a: 1 } } }, 'config.Labels'],
    [{ config: { ExposedPorts: ['80'] } }, 'config.ExposedPorts'], [{ config: { StopTimeout: 1e300 } }, 'config.StopTimeout'],
    [{ config: { Healthcheck: { Interval: -1 } } }, 'config.Healthcheck.Interval'], [{ config: { Healthcheck: { Interval: 5 } } }, 'config.Healthcheck.Interval'],
    [{ config: { Healthcheck: { Timeout: 1e30 } } }, 'config.Healthcheck.Timeout'], [{ config: { Healthcheck: { Retries: -1 } } }, 'config.Healthcheck.Retries'],
  ];
  for (const [raw, field] of refused) {
    it(`refuses ${JSON.stringify(raw)}`, () => assert.throws(() => checkConfigShape(raw, 'here'), { kind: 'invalid', message: `here: the value of ${field} is not possible` }));
  }
});
