import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../base/template/evaluate.ts';
import { withKnownFields } from './known-fields.ts';

test('withKnownFields() gives absent and null fields the nil of their kind, and leaves JSON as it was', () => {
  const json = { State: { Status: 'exited' }, Config: { Entrypoint: null, Volumes: null }, HostConfig: { Binds: null } };
  const seen = withKnownFields(structuredClone(json));
  const print = (template: string): string => compile(template, { raw: true }).execute(seen);
  assert.equal(print('{{.State.Health}} {{.Config.Entrypoint}} {{.Config.Volumes}} {{.Config.StopSignal}}|{{.Config.NetworkDisabled}}'), '<nil> [] map[] |false');
  assert.equal(print('{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}{{range .HostConfig.Binds}}x{{end}}'), 'none');
  assert.equal(print('{{json .}}'), JSON.stringify(json));
  assert.throws(() => print('{{.State.Health.Status}}'), /1:8: executing "" at <\.State\.Health\.Status>: nil pointer evaluating State\.Health\.Status/);
  assert.throws(() => print('{{.Config.Nonsense}}'), /1:9: executing "" at <\.Config\.Nonsense>: map has no entry for key "Nonsense"/);
});
