import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../base/template/evaluate.ts';
import { goDuration } from '../format/durations.ts';
import { viewOf } from './view.ts';

const container = {
  Id: 'abc', State: { Status: 'exited', ExitCode: 3 },
  Config: { Entrypoint: null, Volumes: null, Labels: { b: '2', a: '1' }, ExposedPorts: { '80/tcp': {} }, Healthcheck: { Test: ['CMD', 'true'], Interval: 5_400_000_000_000 } },
  HostConfig: { Binds: null, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 }, NanoCpus: 5, Ulimits: [{ Name: 'nofile', Hard: 2, Soft: 1 }], PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } },
};
const print = (template: string): string => compile(template).execute(viewOf('container.InspectResponse', container));

test('viewOf() shows fields under the names and in the order of docker\'s client', () => {
  assert.equal(print('{{.ID}} {{.HostConfig.NanoCPUs}} {{.HostConfig.RestartPolicy}} {{.HostConfig.PortBindings}} {{.HostConfig.Ulimits}}'), 'abc 5 {always 0} map[80/tcp:[{ 8080}]] [nofile=1:2]');
  assert.equal(print('{{.Config.ExposedPorts}} {{.Config.Healthcheck}}'), 'map[80/tcp:{}] {[CMD true] 1h30m0s 0s 0s 0s 0}');
});

test('viewOf() gives what the engine left out the empty value of its kind', () => {
  assert.equal(print('{{.State.Health}} {{.Config.Entrypoint}} {{.Config.Volumes}} {{.Config.StopSignal}}|{{.Config.NetworkDisabled}} {{.RestartCount}} {{.SizeRw}}'), '<nil> [] map[] |false 0 <nil>');
  assert.equal(print('{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}{{range .HostConfig.Binds}}x{{end}}'), 'none');
});

test('viewOf() keeps JSON as it came, with the keys of maps in order', () => {
  assert.equal(print('{{json .State}} {{json .Config.Labels}} {{json .HostConfig.Binds}}'), '{"Status":"exited","ExitCode":3} {"a":"1","b":"2"} null');
});

test('viewOf() refuses fields that the structure lacks, and texts as indexes of ports', () => {
  assert.throws(() => print('{{.Id}}'), /can't evaluate field Id in type container\.InspectResponse/);
  assert.throws(() => print('{{.State.Health.Status}}'), /nil pointer evaluating/);
  assert.throws(() => print('{{index .HostConfig.PortBindings "80/tcp"}}'), /value has type string; should be nat\.Port/);
});

test('viewOf() prints times as Go does', () => {
  assert.equal(compile('{{.Created}}').execute(viewOf('network.Inspect', { Created: '2026-11-21T07:52:54.916000000Z' })), '2026-11-21 07:52:54.916 +0000 UTC');
});

test('goDuration() prints what Go does', () => {
  assert.deepEqual([0, 1, 1500, 2e6, 1.5e9, 90e9, 5400e9, -3600e9].map(goDuration), ['0s', '1ns', '1.5µs', '2ms', '1.5s', '1m30s', '1h30m0s', '-1h0m0s']);
});
