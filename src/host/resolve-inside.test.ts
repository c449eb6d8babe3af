import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveInside } from './resolve-inside.ts';

const links: Record<string, string> = { absolute: '/etc/sub', relative: '../../../../etc', chain: 'absolute', dangling: '/proc/sys', 'etc/up': '..', loop: 'loop', 'file-below': 'etc/file/x' };
const cases: [path: string, leadsTo: string][] = [
  ['/', '/'], ['/etc', '/etc'], ['etc//sub/.', '/etc/sub'], ['/../../etc', '/etc'], ['/absolute', '/etc/sub'], ['/relative/sub', '/etc/sub'], ['/chain/new', '/etc/sub/new'],
  ['/dangling', '/proc/sys'], ['/dangling/kernel', '/proc/sys/kernel'], ['/etc/up/dangling', '/proc/sys'], ['/missing/../etc', '/etc'], ['/missing/deep', '/missing/deep'], ['/file-below', '/etc/file/x'],
];

test('resolveInside() tells where a path leads, never out of its root, also where nothing is yet', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'gantry-resolve-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'etc/sub'), { recursive: true });
  writeFileSync(join(root, 'etc/file'), '');
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name));
  for (const [path, leadsTo] of cases) assert.equal(resolveInside(root, path), leadsTo, path);
  assert.throws(() => resolveInside(root, '/loop/x'), { code: 'ELOOP' });
});
