import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceUnit } from './service-unit.ts';

test('serviceUnit() starts the daemon by an absolute path, whatever characters it has', () => {
  assert.match(serviceUnit('/opt/gantry/gantry'), /^ExecStart="\/opt\/gantry\/gantry" daemon$/m);
  assert.match(serviceUnit('/home/a b/100%/$x/"y"/gantry'), /^ExecStart="\/home\/a b\/100%%\/\$\$x\/\\"y\\"\/gantry" daemon$/m);
});

test('serviceUnit() lets nothing but the daemon end with the daemon', () => {
  const unit = serviceUnit('/opt/gantry/gantry');
  for (const line of ['KillMode=process', 'Delegate=yes', 'Restart=always', 'TasksMax=infinity']) assert.ok(unit.split('\n').includes(line), line);
});
