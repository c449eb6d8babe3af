import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gantryProgram, withoutTestContext } from '../../support/daemon.ts';
import { Box } from '../containers/box.ts';

const programs: [name: string, argv: readonly string[]][] = [['gantry', gantryProgram()]];
if (spawnSync('docker', ['--version']).status === 0) programs.push(['docker', ['docker']]);

/** docker's rules for cp: https://docs.docker.com/reference/cli/docker/container/cp/ */
for (const [client, [program, ...leading]] of programs as [string, [string, ...string[]]][]) {
  describe(`cp with the ${client} client`, () => {
    let box: Box;
    let folder: string;
    let id: string;
    before(async () => {
      box = await Box.open();
      folder = mkdtempSync(join(tmpdir(), 'gantry-cp-'));
      mkdirSync(join(folder, 'src/sub'), { recursive: true });
      writeFileSync(join(folder, 'src/file'), 'file');
      writeFileSync(join(folder, 'src/sub/leaf'), 'leaf');
      symlinkSync('file', join(folder, 'src/link'));
      symlinkSync('src', join(folder, 'dirlink'));
      mkdirSync(join(folder, 'out'));
      id = await box.start({
        Cmd: ['sh', '-c', 'mkdir -p /d/sub /tgt; echo inside > /d/f; echo leaf > /d/sub/leaf; ln -s f /d/lf; ln -s /tgt /ltgt; chown 5:6 /d/f; echo ready; exec sleep 1000'],
        HostConfig: { Binds: [`cpvol:/vol`, `${folder}/out:/bind`, 'cpro:/ro:ro'], Tmpfs: { '/mem': '' } },
      }, 'box');
      await box.until(() => box.output(id), ({ stdout }) => stdout.includes('ready'));
    });
    after(async () => {
      await box[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    });

    const cp = (args: string[], input?: Buffer): { status: number | null; stdout: Buffer; stderr: string } => {
      const { status, stdout, stderr } = spawnSync(program, [...leading, '-H', box.daemon.host, 'cp', ...args], { input, cwd: folder, env: withoutTestContext(), maxBuffer: 1 << 26 });
      return { status, stdout, stderr: String(stderr) };
    };
    const copied = (...args: string[]): void => {
      const { status, stderr } = cp(args);
      assert.equal(status, 0, stderr);
    };
    const inside = async (script: string): Promise<string> => (await box.exec(id, ['sh', '-c', script])).stdout;

    test('a file goes to a name, into a directory, over a file, and through a link to a directory', async () => {
      copied('src/file', 'box:/tgt/named');
      copied('src/file', 'box:/tgt');
      copied('src/sub/leaf', 'box:/tgt/named');
      copied('src/file', 'box:/ltgt/linked');
      assert.equal(await inside('cd /tgt; cat named file linked'), 'leaffilefile');
      assert.match(cp(['src/file', 'box:/nowhere/']).stderr, /no such directory/);
    });

    test('a directory becomes a new one, goes into one that is there, and with /. only its contents go', async () => {
      copied('src', 'box:/n1');
      copied('src', 'box:/n1');
      mkdirSync(join(folder, 'empty'), { recursive: true });
      copied('src/.', 'box:/tgt');
      assert.equal(await inside('cat /n1/file /n1/src/sub/leaf /tgt/sub/leaf; readlink /n1/link'), 'fileleafleaffile\n');
      assert.match(cp(['src', 'box:/d/f']).stderr, /cannot copy directory/);
    });

    test('links are copied as links, and with -L as what they lead to', async () => {
      copied('dirlink', 'box:/aslink');
      copied('-L', 'dirlink', 'box:/asdir');
      assert.equal(await inside('readlink /aslink; cat /asdir/file'), 'src\nfile');
      copied('box:/d/lf', 'out/aslink');
      copied('-L', 'box:/d/lf', 'out/asfile');
      assert.equal(readlinkSync(join(folder, 'out/aslink')), 'f');
      assert.equal(readFileSync(join(folder, 'out/asfile'), 'utf8'), 'inside\n');
    });

    test('out: a file, a directory, its contents', () => {
      copied('box:/d/f', 'out/f');
      copied('box:/d', 'out/dir');
      mkdirSync(join(folder, 'out/into'));
      copied('box:/d/.', 'out/into');
      assert.equal(readFileSync(join(folder, 'out/f'), 'utf8'), 'inside\n');
      assert.deepEqual(readdirSync(join(folder, 'out/dir')).sort(), ['f', 'lf', 'sub']);
      assert.deepEqual(readdirSync(join(folder, 'out/into')).sort(), ['f', 'lf', 'sub']);
      assert.match(cp(['box:/nothing', 'out']).stderr, /Could not find the file \/nothing in container box/);
    });

    test('owners go in as they are; with -a everything belongs to the user of the container', async () => {
      writeFileSync(join(folder, 'owned'), 'x');
      chownSync(join(folder, 'owned'), 7, 8);
      copied('owned', 'box:/tgt/owned');
      copied('-a', 'owned', 'box:/tgt/archived');
      assert.equal(await inside('stat -c %u:%g /tgt/owned /tgt/archived'), '7:8\n7:8\n');
      await box.create({ User: '123:456' }, `user-${client}`);
      copied('-a', 'owned', `user-${client}:/owned`);
      const { stdout } = spawnSync('tar', ['-tv', '--numeric-owner'], { input: cp([`user-${client}:/owned`, '-']).stdout });
      assert.match(String(stdout), / 123\/456 /);
    });

    test('- is an archive on stdin and stdout', async () => {
      const { stdout } = cp(['box:/d', '-']);
      assert.equal(cp(['-', 'box:/tgt'], stdout).status, 0);
      assert.equal(await inside('cat /tgt/d/f'), 'inside\n');
    });

    test('into volumes, binds and tmpfs; what is read-only stays so', async () => {
      for (const place of ['vol', 'bind', 'mem']) copied('src/file', `box:/${place}/copied`);
      assert.equal(await inside('cat /vol/copied /bind/copied /mem/copied'), 'filefilefile');
      assert.equal(readFileSync(join(folder, 'out/copied'), 'utf8'), 'file');
      assert.match(cp(['src/file', 'box:/ro/x']).stderr, /mounted volume is marked read-only/);
    });

    test('a container that never ran has its files too, and what was copied is there when it runs', async () => {
      const fresh = await box.create({ Cmd: ['cat', '/etc/new', '/v/new'], HostConfig: { Binds: ['cpfresh:/v'] } }, `fresh-${client}`);
      copied('src/file', `fresh-${client}:/etc/new`);
      copied('src/sub/leaf', `fresh-${client}:/v/new`);
      await box.ok('POST', `/containers/${fresh}/start`);
      assert.equal(await box.wait(fresh), 0);
      assert.equal((await box.output(fresh)).stdout, 'fileleaf');
      copied(`fresh-${client}:/v/new`, 'out/back');
      assert.equal(readFileSync(join(folder, 'out/back'), 'utf8'), 'leaf');
      assert.ok(!existsSync(join(folder, 'out/v')) && lstatSync(join(folder, 'out/back')).isFile());
    });
  });
}
