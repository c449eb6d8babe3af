import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, closeSync, linkSync, lstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readTar } from '../../src/base/tar/read.ts';
import { mknodAt } from '../../src/host/files.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { withoutDockerClient } from '../support/docker-client.ts';
import { clientsFor, runProgram, type Outcome } from './clients.ts';

/**
 * `cp` against the real engine: whatever the stock client leaves on disk, in the container and on the terminal, ours leaves too. Each case starts
 * from the same files on both sides; HERE is the folder on this machine, BOX the container.
 */
const out = [
  'BOX:/data/file HERE/new', 'BOX:/data/file HERE/dir', 'BOX:/data/file HERE/dir/', 'BOX:/data/file HERE/file', 'BOX:/data/file HERE/absent/', 'BOX:/data/file HERE/absent/new',
  'BOX:/data/file HERE/file/new', 'BOX:/data/file HERE/link-to-dir', 'BOX:/data/file HERE/link-to-file', 'BOX:/data/file HERE/dangling', 'BOX:/data/file .', 'BOX:/data/file ./',
  'BOX:/data/tree HERE/new', 'BOX:/data/tree HERE/dir', 'BOX:/data/tree/ HERE/dir', 'BOX:/data/tree/. HERE/dir', 'BOX:/data/tree/. HERE/new', 'BOX:/data/tree/. HERE/new/',
  'BOX:/data/tree HERE/file', 'BOX:/data/tree HERE/link-to-dir', 'BOX:/data/tree HERE/has-tree-file', 'BOX:/data/file HERE/has-file-dir', 'BOX:data/file HERE/new',
  'BOX:/data/link HERE/new', '-L BOX:/data/link HERE/dir', '-L BOX:/data/link HERE/new', '-L BOX:/data/tree-link HERE/dir', 'BOX:/data/tree-link HERE/dir', 'BOX:/data/tree-link/ HERE/dir',
  'BOX:/data/tree-link/. HERE/dir', 'BOX:/data/nothing HERE/new', 'BOX:/data/file/ HERE/new', 'BOX:/data/nothing/. HERE/new', 'absent-box:/x HERE/new', 'BOX:/data/odd HERE/new',
  '-q BOX:/data/file HERE/new', '-a BOX:/data/file HERE/new', 'BOX:/data/file HERE/device', 'BOX:/data HERE/all', 'BOX: HERE/new', 'BOX:/data/two-names HERE/new',
].map((line) => line.split(' '));

const into = [
  'HERE/file BOX:/data/new', 'HERE/file BOX:/data/tree', 'HERE/file BOX:/data/tree/', 'HERE/file BOX:/data/file', 'HERE/file BOX:/data/absent/', 'HERE/file BOX:/data/absent/new',
  'HERE/file BOX:/data/link', 'HERE/file BOX:/data/tree-link', 'HERE/file BOX:/data/dangling', 'HERE/file BOX:data', 'HERE/file BOX:/', 'file BOX:/data/new', './file BOX:/data/new',
  'HERE/full BOX:/data/new', 'HERE/full BOX:/data/tree', 'HERE/full/ BOX:/data/tree', 'HERE/full/. BOX:/data/tree', 'HERE/full/. BOX:/data/new', '. BOX:/data/new', 'HERE/full BOX:/data/file',
  'HERE/full BOX:/data/has-full-file', 'HERE/file BOX:/data/has-file-dir', 'HERE/link-to-file BOX:/data/new', '-L HERE/link-to-file BOX:/data/tree', '-L HERE/link-to-dir BOX:/data/tree',
  'HERE/link-to-dir/ BOX:/data/tree', 'HERE/link-to-dir/. BOX:/data/tree', 'HERE/nothing BOX:/data', 'HERE/file/ BOX:/data', 'HERE/nothing/x/y BOX:/data', '-L HERE/dangling BOX:/data', 'HERE/dangling BOX:/data/new',
  'HERE/file absent-box:/x', 'HERE/file BOX:/dev/null', '-a HERE/file BOX:/data/new', 'HERE/full BOX:/data/new/', 'HERE/two-names BOX:/data/tree',
].map((line) => line.split(' '));

const usage = [['HERE/file', 'HERE/new'], ['BOX:/a', 'BOX:/b'], ['', 'BOX:/a'], ['BOX:/a', ''], ['one'], ['-', 'BOX:/data/file'], ['-', 'absent-box:/x'], ['-', 'BOX:/nothing']];

describe('cp does what the docker client does', { concurrency: 4, skip: withoutDockerClient }, () => {
  let daemon: TestDaemon;
  let folder: string;
  let sides = 0;
  const boxes = { docker: '', gantry: '' };
  type Client = keyof typeof boxes;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-copy-'));
    daemon = await startDaemon();
    for (const argv of [['run', '--name', 'first', 'gantry/busybox', 'sh', '-c', prepare], ['commit', 'first', 'prepared']]) {
      const { code, stderr } = await runProgram([...clientsFor(daemon.host).gantry, ...argv]);
      assert.equal(code, 0, stderr);
    }
  });
  after(async () => {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Both sides anew, so that no case sees what another did. */
  async function side(client: Client, argv: readonly string[], input?: Uint8Array): Promise<{ outcome: Outcome; here: string; box: string }> {
    const here = join(folder, String(sides += 1));
    makeHere(here);
    const made = await daemon.request('POST', '/containers/create', { Image: 'prepared', Cmd: ['true'] });
    const box = (made.json as { Id: string }).Id;
    const written = argv.map((word) => word.replace(/^BOX:/, `${box}:`).replace(/^HERE/, here));
    const outcome = await runProgram([...clientsFor(daemon.host)[client], 'cp', ...written], { cwd: here, ...(input === undefined ? {} : { input }) });
    return { outcome: { ...outcome, stderr: outcome.stderr.replaceAll(box, 'BOX').replaceAll(here, 'HERE').replaceAll(/^time=.*\n/gm, '') }, here, box };
  }

  async function compare(argv: readonly string[], look: (side: { here: string; box: string }) => Promise<unknown>, input?: Uint8Array): Promise<void> {
    const theirs = await side('docker', argv, input);
    const theirFiles = await look(theirs);
    const ours = await side('gantry', argv, input);
    const ourFiles = await look(ours);
    assert.deepEqual(ourFiles, theirFiles, ours.outcome.stderr);
    const firstLines = (text: string): string => text.replaceAll('gantry', 'docker').trim();
    assert.deepEqual([ours.outcome.code, firstLines(ours.outcome.stderr)], [theirs.outcome.code, firstLines(theirs.outcome.stderr)]);
  }

  const boxFiles = async ({ box }: { box: string }): Promise<unknown> => {
    const { text: archive } = await daemon.request('GET', `/containers/${box}/archive?path=/data`);
    const found: unknown[] = [];
    for await (const { entry, body } of readTar((async function* () { yield Buffer.from(archive); })())) {
      const text = Buffer.concat(await Array.fromAsync(body)).toString('utf8');
      found.push([entry.name, entry.type, entry.mode, entry.uid, entry.linkName, text]);
    }
    return found;
  };

  for (const argv of out) test(`cp ${argv.join(' ')}`, () => compare(argv, async ({ here }) => filesOf(here)));
  for (const argv of into) test(`cp ${argv.join(' ')}`, () => compare(argv, boxFiles));
  for (const argv of usage) test(`cp ${argv.map((word) => word || "''").join(' ')}`, () => compare(argv, boxFiles));

  test('cp - takes an archive, compressed or not', async () => {
    makeHere(join(folder, 'packed'));
    for (const compression of ['', 'z']) {
      const input = execFileSync('tar', [`c${compression}`, '-C', join(folder, 'packed'), 'full', 'file']);
      await compare(['-', 'BOX:/data/tree'], boxFiles, input);
    }
  });

  test('cp BOX:… - gives an archive of the same files', async () => {
    const listing = async (client: Client): Promise<string> => {
      const { outcome } = await side(client, ['BOX:/data/tree', '-']);
      return execFileSync('tar', ['tv'], { input: outcome.stdout, encoding: 'utf8' });
    };
    assert.equal(await listing('gantry'), await listing('docker'));
  });

  test('cp onto the file that is being read, by way of a bind mount, keeps its bytes', async () => {
    const here = join(folder, 'same');
    mkdirSync(here);
    const bytes = Buffer.alloc(3 << 20, 'x');
    writeFileSync(join(here, 'file'), bytes);
    const made = await daemon.request('POST', '/containers/create', { Image: 'prepared', Cmd: ['true'], HostConfig: { Binds: [`${here}:/data/tree`] } });
    const { Id: box } = made.json as { Id: string };
    const outcome = await runProgram([...clientsFor(daemon.host).gantry, 'cp', `${box}:/data/tree/file`, join(here, 'file')]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.ok(readFileSync(join(here, 'file')).equals(bytes));
    const back = await runProgram([...clientsFor(daemon.host).gantry, 'cp', join(here, 'file'), `${box}:/data/tree/file`]);
    assert.equal(back.code, 0, back.stderr);
    assert.ok(readFileSync(join(here, 'file')).equals(bytes));
  });

  test('cp says what it copied when it is asked to', async () => {
    const { outcome } = await side('gantry', ['--quiet=false', 'BOX:/data/file', 'HERE/new']);
    assert.match(outcome.stderr, /^Successfully copied \d+(\.\d+)?kB to HERE\/new\n$/);
  });

  test('cp of what cannot be reached names the part that is missing', async () => {
    const { outcome } = await side('gantry', ['-L', '/proc/nothing/mem', 'BOX:/data/new']);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /^lstat \/proc\/nothing: no such file or directory\n$/);
  });
});

const prepare = `mkdir -p /data/tree/inner /data/has-full-file /data/has-file-dir/file && cd /data && echo from-box > file && chmod 750 file && echo deep > tree/inner/deep && echo top > tree/top &&
  ln -s file link && ln -s tree tree-link && ln -s /data/not-there dangling && echo x > has-full-file/full && mkdir two-names && echo same > two-names/a && ln two-names/a two-names/b &&
  mkdir odd && mkfifo odd/pipe && mknod odd/null c 1 3 && ln -s ../tree/top odd/up && chown 7:8 tree/top && touch -d '2001-02-03 04:05:06' file tree/top tree`;

function makeHere(here: string): void {
  for (const directory of ['dir', 'full/inner', 'has-tree-file', 'has-file-dir/file', 'two-names']) mkdirSync(join(here, directory), { recursive: true });
  writeFileSync(join(here, 'file'), 'from here\n', { mode: 0o640 });
  writeFileSync(join(here, 'full/inner/deep'), 'deep here\n');
  writeFileSync(join(here, 'full/run'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(here, 'has-tree-file/tree'), 'a file\n');
  writeFileSync(join(here, 'two-names/a'), 'same\n');
  linkSync(join(here, 'two-names/a'), join(here, 'two-names/b'));
  chownSync(join(here, 'full/run'), 41, 42);
  symlinkSync('dir', join(here, 'link-to-dir'));
  symlinkSync('file', join(here, 'link-to-file'));
  symlinkSync('not-there', join(here, 'dangling'));
  const directory = openSync(here, 'r');
  mknodAt(directory, 'device', 0o20644, 0x103n);
  closeSync(directory);
}

/** Names, kinds, modes, owners, times in seconds (docker's archives hold no more) and bytes. */
function filesOf(directory: string, below = ''): unknown[] {
  return readdirSync(join(directory, below)).sort().flatMap((name): unknown[] => {
    const path = join(below, name);
    const stat = lstatSync(join(directory, path));
    const kind = stat.isSymbolicLink() ? `→ ${readlinkSync(join(directory, path))}` : stat.isFile() ? readFileSync(join(directory, path), 'utf8') : '';
    const shown = [path, stat.mode.toString(8), stat.uid, stat.gid, stat.rdev, kind];
    return stat.isDirectory() ? [shown, ...filesOf(directory, path)] : [shown];
  });
}
