import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const dist = join(import.meta.dirname, '../../dist');
const skip = existsSync(join(dist, 'command-line.cjs')) ? false : 'dist/ is not built';

function inCopy(act: (folder: string, run: (...args: string[]) => string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-kept-'));
  try {
    for (const name of ['gantry.js', 'command-line.cjs']) copyFileSync(join(dist, name), join(folder, name));
    act(folder, (...args) => execFileSync(process.execPath, ['--', join(folder, 'gantry.js'), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const keptFiles = (folder: string): { name: string; inode: number }[] => readdirSync(join(folder, '.cache')).map((name) => ({ name, inode: statSync(join(folder, '.cache', name)).ino }));

test('a command keeps its code for the next run of the same command, and for no other', { skip }, () => {
  inCopy((folder, run) => {
    const said = run('run', '--help');
    const [first, ...others] = keptFiles(folder);
    assert.ok(first?.name.endsWith('-run') && others.length === 0, JSON.stringify([first, ...others]));
    assert.equal(run('run', '--help'), said);
    assert.deepEqual(keptFiles(folder), [first], 'it was taken, so it was not written again');
    run('--version');
    assert.deepEqual(keptFiles(folder).map(({ name }) => name.split('-').at(-1)).sort(), ['other', 'run']);
  });
});

test('code that was cut off is made again', { skip }, () => {
  inCopy((folder, run) => {
    const said = run('--version');
    const [{ name, inode }] = keptFiles(folder) as [{ name: string; inode: number }];
    truncateSync(join(folder, '.cache', name), 5000);
    assert.equal(run('--version'), said);
    assert.ok(keptFiles(folder)[0]?.inode !== inode);
  });
});

test('a command that fails keeps nothing: it has not run through', { skip }, () => {
  inCopy((folder, run) => {
    assert.throws(() => run('run', '--no-such-flag'));
    assert.equal(existsSync(join(folder, '.cache')), false);
  });
});

test('where nothing can be kept, commands work all the same', { skip }, () => {
  inCopy((folder, run) => {
    copyFileSync(join(folder, 'gantry.js'), join(folder, '.cache'));
    assert.match(run('--version'), /^Gantry version /);
  });
});
