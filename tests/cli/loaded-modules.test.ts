import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const dist = join(import.meta.dirname, '../../dist');
const skip = existsSync(join(dist, 'command-line.cjs')) ? false : 'dist/ is not built';
const folder = mkdtempSync(join(tmpdir(), 'gantry-loaded-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Each of them takes several milliseconds to load: a tenth of a short command's time. */
const heavy = ['crypto', 'http', 'https', 'tls', 'zlib', 'child_process', 'worker_threads', 'readline', 'dgram'];
const tell = join(folder, 'tell.cjs');
writeFileSync(tell, "process.on('exit', () => require('fs').writeFileSync(process.env.LOADED, process.moduleLoadList.join('\\n')));");

for (const command of ['run', 'exec', 'ps', 'create', 'start', 'stop', 'rm', 'logs', 'inspect', 'images', 'pull', 'version']) {
  test(`${command} loads none of Node's larger modules before it needs them`, { skip }, () => {
    const file = join(folder, command);
    execFileSync(process.execPath, ['--require', tell, '--', join(dist, 'gantry.js'), command, '--help'], { stdio: 'ignore', env: { PATH: process.env['PATH'], LOADED: file } });
    const loaded = readFileSync(file, 'utf8').split('\n');
    assert.deepEqual(heavy.filter((name) => loaded.includes(`NativeModule ${name}`)), []);
  });
}
