/** What `npm pack` makes, installed as npm installs it: the tarball's files beside the packages that it depends on, and a link to the launcher. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { onBareHost } from './bare-host.ts';

const repository = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

describe('the package', () => {
  let folder = '';
  let launcher = '';
  let files: string[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-package-'));
    // Open to strangers, as a global installation is.
    chmodSync(folder, 0o755);
    process.umask(0o022);
    // Without its scripts: they would build anew what other tests run at this moment.
    run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], repository);
    run('tar', ['-xf', join(folder, `gantry-engine-${version}.tgz`)], folder);
    const home = join(folder, 'package');
    files = (readdirSync(home, { recursive: true, withFileTypes: true })).filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name).slice(home.length + 1));
    for (const name of dependencies()) copy(join(repository, 'node_modules', name), join(home, 'node_modules', name));
    launcher = join(folder, 'bin/gantry');
    link(join(home, 'gantry'), launcher);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('holds the launcher, the programs and what a reader wants, and nothing else', () => {
    assert.deepEqual(files.filter((name) => !/^dist\/[\w.-]+\.c?js$/.test(name)).sort(), ['CHANGELOG.md', 'LICENSE', 'README.md', 'gantry', 'package.json']);
    for (const name of ['gantry', 'setup', 'doctor', 'monitor', 'resolver', 'embedded-image']) assert.ok(files.includes(`dist/${name}.js`), name);
  });

  test('runs a container as its first command, from nothing', async () => {
    const { code, stdout, stderr } = await onBareHost([launcher], '"$@" run --rm gantry/busybox echo from inside; "$@" doctor >/dev/null; "$@" --version');
    assert.deepEqual([code, stdout.toString().split('\n')[0]], [0, 'from inside'], stderr);
    assert.match(stdout.toString(), new RegExp(`\nGantry version ${version.replaceAll('.', '\\.')}(, build [0-9a-f]{7,})?\n$`));
    assert.match(stderr, /^gantry: making the image gantry\/busybox .*\nNo daemon answers; starting one \(gantry daemon\)\.\n/);
  });

  const commands: [title: string, args: string[], code: number, said: RegExp][] = [
    ['the help', ['--help'], 0, /^$/],
    ['the version, and that no engine answers', ['version'], 1, /^Cannot connect to the Docker daemon at unix:\/\/\/run\/gantry\/gantry\.sock\. Is the docker daemon running\?\n$/],
    ['who starts the daemon', ['ps'], 1, /\nStart it as root with "gantry daemon", or name another with -H\.\n$/],
    ['the same for a run', ['run', '--rm', 'gantry/busybox', 'true'], 125, /\nStart it as root with "gantry daemon", or name another with -H\.\n/],
    ['that the daemon is root\'s', ['daemon'], 1, /^gantry daemon: needs to be started with root privileges\nRun it with sudo, .*\n$/],
    ['that a registry needs a folder', ['registry', 'serve'], 1, /^gantry registry: the registry cannot use \/var\/lib\/gantry-registry: EACCES: .*\nName another folder with --root, .*\n$/],
    ['what it can of the host', ['doctor'], 0, /^$/],
    ['that all is there', ['setup'], 0, /^gantry: this host has what Gantry needs\n$/],
  ];
  for (const [title, args, code, said] of commands) {
    test(`tells a person who is not root ${title}: gantry ${args[0]}`, async () => {
      const outcome = await onBareHost(['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', launcher, ...args], '"$@"');
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stderr, said);
    });
  }
});

function run(program: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** The repository may lie where a stranger cannot go. */
function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  run('cp', ['-aL', from, to], '/');
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** The packages that npm installs with this one, in all depths. */
function dependencies(): string[] {
  const installed = run('npm', ['ls', '--omit=dev', '--all', '--parseable'], repository).trim().split('\n').slice(1);
  return [...new Set(installed.map((path) => path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length)))];
}
