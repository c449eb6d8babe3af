/** What people get who ask for what cannot be: Docker's status and sentence, and nothing half-made. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDaemon } from '../support/daemon.ts';
import { imageArchive, type Member } from './archives.ts';
import { clientNames, type Client } from './client.ts';
import { archive, image, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.withImage();
});
after(() => stage[Symbol.asyncDispose]());

/** Status and message of an answer. */
async function refusal(method: string, path: string, body?: unknown): Promise<[number, string]> {
  const { status, json } = await stage.daemon.request(method, path, body);
  return [status, (json as { message?: string } | undefined)?.message ?? ''];
}

describe('the API', () => {
  after(async () => assert.deepEqual(await stage.containers(), []));

  for (const [title, path, body, status, message] of [
    ['an image that is not there', '/containers/create', { Image: 'gantry/nothing' }, 404, 'No such image: gantry/nothing:latest'],
    ['no image at all', '/containers/create', {}, 400, 'config cannot be empty in order to create a container'],
    ['a bad reference', '/containers/create', { Image: 'UPPER' }, 400, 'invalid reference format: repository name (library/UPPER) must be lowercase'],
    ['a bad name', '/containers/create?name=-x', { Image: image }, 400, 'Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed'],
    ['no command', '/containers/create', { Image: image, Cmd: [], Entrypoint: [''] }, 400, 'no command specified'],
    ['an unknown capability', '/containers/create', { Image: image, HostConfig: { CapAdd: ['CAP_FLY'] } }, 400, /CAP_FLY/],
    ['an unknown runtime', '/containers/create', { Image: image, HostConfig: { Runtime: 'warp' } }, 400, 'unknown or invalid runtime name: warp'],
    ['too little memory', '/containers/create', { Image: image, HostConfig: { Memory: 1024 } }, 400, 'Minimum memory limit allowed is 6MB'],
    ['more processors than there are', '/containers/create', { Image: image, HostConfig: { NanoCpus: 1e15 } }, 400, /range of CPUs is from 0\.01 to/],
    ['a relative mount target', '/containers/create', { Image: image, HostConfig: { Binds: ['/tmp:relative'] } }, 400, /invalid/i],
    ['a restart policy with --rm', '/containers/create', { Image: image, HostConfig: { AutoRemove: true, RestartPolicy: { Name: 'always' } } }, 400, "can't create 'AutoRemove' container with restart policy"],
    ['an unknown restart policy', '/containers/create', { Image: image, HostConfig: { RestartPolicy: { Name: 'sometimes' } } }, 400, /sometimes/],
    ['a body that is no JSON', '/containers/create', Buffer.from('{"Image":'), 400, /./],
    ['a wrong type', '/containers/create', { Image: image, Cmd: 7 }, 400, /./],
    ['an unknown id', '/containers/nothing/start', undefined, 404, 'No such container: nothing'],
    ['an unknown id to wait for', '/containers/nothing/wait', undefined, 404, 'No such container: nothing'],
    ['an unknown exec', '/exec/nothing/start', { Detach: true }, 404, /No such exec instance: nothing/],
    ['an unknown page', '/nonsense', undefined, 404, 'page not found'],
    ['a version that is too new', '/v9.99/containers/create', { Image: image }, 400, /client version 9\.99 is too new/],
    ['a version that is too old', '/v1.12/containers/create', { Image: image }, 400, /client version 1\.12 is too old/],
  ] as const) {
    test(`answers ${title} with ${status}`, async () => {
      const [got, text] = await refusal('POST', path, body);
      assert.equal(got, status, text);
      if (typeof message === 'string') assert.equal(text, message);
      else assert.match(text, message);
    });
  }

  for (const [what, line, status] of [['a container', 'PUT /containers/ID/archive?path=/tmp', 400], ['the images', 'POST /images/load', 200]] as const) {
    test(`answers an archive for ${what} that is wrong before its end, and hears its sender out`, async (context) => {
      const { json } = await stage.ok('POST', '/containers/create', { Image: image, Cmd: ['true'] });
      const { Id } = json as { Id: string };
      context.after(() => stage.ok('DELETE', `/containers/${Id}`));
      const socket = createConnection(stage.daemon.socketPath);
      const chunk = `2000\r\n${'garbage!'.repeat(1024)}\r\n`;
      socket.write(`${line.replace('ID', Id)} HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-tar\r\n\r\n${chunk}`);
      let answer = '';
      for await (const part of socket.iterator({ destroyOnReturn: false })) {
        answer += String(part);
        if (answer.includes('"}')) break;
      }
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} [^]*archive/tar: invalid tar header`));
      // The connection is still good for the rest, and for another question.
      answer = '';
      socket.write(`${chunk}0\r\n\r\nGET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n`);
      for await (const part of socket) answer += String(part);
      assert.match(answer, /HTTP\/1\.1 200 OK[^]*\r\nOK$/);
    });
  }

  test('refuses an ambiguous prefix', async () => {
    const ids = new Set<string>();
    let prefix: string | undefined;
    while (prefix === undefined) {
      const { json } = await stage.ok('POST', '/containers/create', { Image: image, Cmd: ['true'] });
      const { Id } = json as { Id: string };
      prefix = [...ids].some((id) => id[0] === Id[0]) ? Id[0] : undefined;
      ids.add(Id);
    }
    assert.deepEqual(await refusal('GET', `/containers/${prefix}/json`), [500, `multiple IDs found with provided prefix: ${prefix}`]);
    for (const id of ids) await stage.ok('DELETE', `/containers/${id}`);
  });
});

for (const name of clientNames) {
  describe(name, () => {
    const client = (): Client => stage.client(name);
    after(async () => assert.deepEqual(await stage.containers(), []));

    for (const [title, args, code, message] of [
      ['an image that is not there', ['run', '--rm', '--pull', 'never', 'gantry/nothing'], 125, /No such image: gantry\/nothing:latest/],
      ['a bad reference', ['run', '--rm', 'UPPER'], 125, /invalid reference format: repository name \(library\/UPPER\) must be lowercase/],
      ['a bad flag', ['run', '--wings', image], 125, /unknown flag: --wings/],
      ['a bad value', ['run', '-m', 'much', image], 125, /invalid argument "much" for "-m, --memory" flag: invalid size: 'much'/],
      ['a bad environment file', ['run', '--env-file', '/nonexistent', image], 125, /open \/nonexistent: no such file or directory/],
      ['a network of a container that is not there', ['run', '--rm', '--network', 'container:nobody', image, 'true'], 125, /^(?![^]*Unable to find image)[^]*No such container: nobody/],
      ['processes of a container that is not there', ['run', '--rm', '--pid', 'container:nobody', image, 'true'], 125, /^(?![^]*Unable to find image)[^]*No such container: nobody/],
      ['too few words', ['run'], 1, /requires at least 1 argument/],
      ['a missing command', ['run', '--rm', image, 'fly'], 127, /exec.*fly.*(not found|no such file)/i],
      ['a command that is no program', ['run', '--rm', image, '/etc/hostname'], 126, /permission denied/i],
      ['a directory to work in that cannot be', ['run', '--rm', '-w', 'relative', image, 'true'], 125, /relative/],
      ['a bind source that is not there', ['run', '--rm', '--mount', 'type=bind,src=/nonexistent,dst=/x', image, 'true'], 125, /bind source path does not exist: \/nonexistent/],
      ['a user that is not there', ['run', '--rm', '-u', 'nobody-knows', image, 'true'], 125, /unable to find user nobody-knows: no matching entries in passwd file/],
      ['a port that is none', ['run', '--rm', '-p', '99999:80', image, 'true'], 125, /invalid hostPort: 99999/i],
      ['a container that is not there', ['stop', 'nobody'], 1, /No such container: nobody/],
      ['one of two that is not there', ['rm', 'nobody'], 1, /No such container: nobody/],
      ['an object that is not there', ['inspect', 'nobody'], 1, /No such object: nobody/i],
      ['an unknown command', ['dance'], 1, /unknown command/],
    ] as const) {
      test(`says why it refuses ${title}`, async () => {
        const { code: got, stderr, stdout } = await client().run(args);
        assert.equal(got, code, stderr + stdout);
        assert.match(stderr, message);
      });
    }

    test('run of a missing command says so once', async () => {
      const { code, stderr } = await client().run(['run', '--name', 'missing', image, 'fly']);
      assert.equal(code, 127);
      assert.equal(stderr.match(/executable file not found/g)?.length, 1, stderr);
      await client().ok('rm', 'missing');
    });

    test('exec exits with 127 for what is not there, with 126 for what cannot be run, and with 1 for a user whom nobody knows', async () => {
      await client().ok('run', '-d', '--name', 'host', image, 'sleep', '1000');
      for (const [args, code] of [[['host', 'fly'], 127], [['host', '/etc/passwd'], 126], [['-w', '/nowhere', 'host', 'true'], 127], [['-u', 'nobody-knows', 'host', 'true'], 1]] as const) {
        assert.equal((await client().run(['exec', ...args])).code, code, args.join(' '));
      }
      await client().ok('rm', '-f', 'host');
    });

    test('a name that is taken is told with the id that has it', async () => {
      const id = await client().ok('create', '--name', 'taken', image);
      const { code, stderr } = await client().run(['create', '--name', 'taken', image]);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(String.raw`Conflict\. The container name "/taken" is already in use by container "${id}"\. You have to remove \(or rename\) that container to be able to reuse that name\.`));
      await client().ok('rm', 'taken');
    });

    test('a running container is not removed without force', async () => {
      await client().ok('run', '-d', '--name', 'busy', image, 'sleep', '1000');
      const { code, stderr } = await client().run(['rm', 'busy']);
      assert.equal(code, 1);
      assert.match(stderr, /cannot remove container "\/?busy": container is running: stop the container before removing or force remove/);
      await client().ok('rm', '-f', 'busy');
    });
  });
}

describe('an archive that lies', () => {
  const file = (path: string, text = 'x'): Member => ({ path, text });
  const escape = '/tmp/gantry-escaped';
  const images = (): Promise<string> => stage.client('gantry').ok('images', '-aq');

  for (const [title, members] of [
    ['climbs out with ..', [file('../../../../../../../../tmp/gantry-escaped')]],
    ['names absolute paths through a link', [{ path: 'out', link: '/tmp' }, file('out/gantry-escaped')]],
    ['climbs out through two links', [{ path: 'a', link: '..' }, { path: 'a/b', link: '../../../../../../../../tmp' }, file('a/b/gantry-escaped')]],
  ] as const) {
    test(`${title}: nothing is written outside of it`, async () => {
      const tar = imageArchive(members, { name: 'liar' });
      await stage.daemon.request('POST', '/images/load', tar);
      assert.throws(() => readFileSync(escape), { code: 'ENOENT' });
      const run = await stage.client('gantry').run(['run', '--rm', 'liar', 'true']);
      assert.notEqual(run.code, 0);
      assert.throws(() => readFileSync(escape), { code: 'ENOENT' });
      await stage.client('gantry').run(['rmi', '-f', 'liar']);
    });
  }

  for (const [title, options] of [
    ['has a layer that is not what its digest says', { corruptLayer: true }],
    ['is cut off', { truncate: true }],
    ['has no manifest', { withoutManifest: true }],
  ] as const) {
    test(`${title}: it is refused, and no image is left`, async () => {
      const before = await images();
      const { status, text } = await stage.daemon.request('POST', '/images/load', imageArchive([file('etc/x')], { name: 'broken', ...options }));
      assert.ok(status >= 400 || /"errorDetail"/.test(text), `${status} ${text}`);
      assert.equal(await images(), before);
      assert.deepEqual(readdirSync(join(stage.daemon.root, 'content')).includes('ingest') ? readdirSync(join(stage.daemon.root, 'content/ingest')) : [], []);
    });
  }

  test('is for another platform: it is loaded with a warning or refused, and never run in silence', async () => {
    const tar = imageArchive([file('bin/true', '#!/x')], { name: 'foreign', architecture: 'arm64' });
    await stage.daemon.request('POST', '/images/load', tar);
    const asked = await refusal('POST', '/containers/create?platform=linux/arm64/v9', { Image: image });
    assert.equal(asked[0], 404);
    const { code, stderr } = await stage.client('gantry').run(['run', '--rm', 'foreign', 'true']);
    assert.notEqual(code, 0);
    assert.match(stderr, /platform/i);
    await stage.client('gantry').run(['rmi', '-f', 'foreign']);
  });
});

test('a full disk during load is told, and leaves neither image nor bytes', async () => {
  await using small = await onSmallDisk();
  const { daemon } = small;
  const big = imageArchive([{ path: 'big', text: 'y'.repeat(30 << 20) }], { name: 'big' });
  const { status, text } = await daemon.request('POST', '/images/load', big);
  assert.ok(status >= 400 || /"errorDetail"/.test(text), `${status} ${text}`);
  assert.match(text, /no space left on device/i);
  assert.deepEqual((await daemon.request('GET', '/images/json')).json, []);
  assert.equal((await daemon.request('POST', '/images/load', readFileSync(archive))).status, 200);
  assert.equal(((await daemon.request('GET', '/images/json')).json as unknown[]).length, 1);
});

/** A daemon whose root is a file system of 24 MB. */
async function onSmallDisk(): Promise<AsyncDisposable & { daemon: Awaited<ReturnType<typeof startDaemon>> }> {
  const disk = `/tmp/gantry-small-disk-${process.pid}`;
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
  assert.equal(mounted.status, 0, String(mounted.stderr));
  writeFileSync(join(disk, 'marker'), '');
  const daemon = await startDaemon({ args: ['--root', join(disk, 'root')] });
  return {
    daemon,
    [Symbol.asyncDispose]: async () => {
      try {
        await daemon.stop();
      } finally {
        spawnSync('umount', ['-l', disk]);
        rmSync(disk, { recursive: true });
      }
    },
  };
}
