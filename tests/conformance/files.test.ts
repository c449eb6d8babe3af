import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { extract, pack, type Header } from 'tar-stream';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

interface Member { name: string; type: string; mode: number; uid: number; text: string; linkname: string }

const tarOf = async (members: (Partial<Header> & { name: string; text?: string })[]): Promise<Buffer> => {
  const archive = pack();
  for (const { text = '', ...header } of members) archive.entry({ ...header, size: Buffer.byteLength(text) } as Header, text);
  archive.finalize();
  return Buffer.concat(await Array.fromAsync(archive as unknown as AsyncIterable<Buffer>));
};

const membersOf = async (bytes: Buffer): Promise<Member[]> => {
  const members: Member[] = [];
  for await (const entry of Readable.from([bytes]).pipe(extract())) {
    const { name, type, mode, uid, linkname } = entry.header;
    members.push({ name, type: type ?? '', mode: (mode ?? 0) & 0o7777, uid: uid ?? 0, linkname: linkname ?? '', text: Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>)).toString() });
  }
  return members;
};

describe('files of containers', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  const make = 'mkdir -p /d/sub; echo hi > /d/f; chmod 640 /d/f; chown 7:8 /d/f; ln -s /d /ld; ln -s f /d/lf; ln -s /ld /lld; ln -s lf /d/llf; ln -s ../../nowhere /d/dang; echo ready';
  /** A container with files, that runs or has ended. */
  const box = async (running: boolean): Promise<string> => {
    const id = await engine.run({ Cmd: ['sh', '-c', running ? `${make}; exec sleep 1000` : make] });
    while (!(await engine.output(id)).stdout.includes('ready'));
    if (!running) await engine.expect('POST', `/containers/${id}/wait`, { status: 200 });
    return id;
  };
  const statOf = async (id: string, path: string): Promise<{ name: string; size: number; mode: number; linkTarget: string }> => {
    const { headers } = await engine.expect('HEAD', `/containers/${id}/archive`, { query: { path }, status: 200 });
    return JSON.parse(Buffer.from(String(headers['x-docker-container-path-stat']), 'base64').toString());
  };
  const get = async (id: string, path: string): Promise<Member[]> => {
    const response = await engine.open('GET', `/containers/${id}/archive`, { query: { path } });
    assert.equal(response.statusCode, 200);
    return await membersOf(Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)));
  };
  const put = (id: string, path: string, raw: Buffer, query: Record<string, string | number> = {}) =>
    engine.call('PUT', `/containers/${id}/archive`, { query: { path, ...query }, raw });

  for (const running of [true, false]) {
    const state = running ? 'running' : 'ended';

    test(`HEAD tells of a file of a ${state} container: its name, mode, and where links lead in the end`, async () => {
      const id = await box(running);
      const directory = 2147484141;
      const link = 134218239;
      const cases: [path: string, name: string, mode: number, linkTarget: string][] = [
        ['/', '/', directory, ''], ['.', '.', directory, ''], ['..', '/', directory, ''], ['/d', 'd', directory, ''], ['/d/', 'd', directory, ''], ['/d/.', '.', directory, ''],
        ['d/f', 'f', 0o640, ''], ['/d/../d//f', 'f', 0o640, ''], ['/ld', 'ld', link, '/d'], ['/ld/', 'ld', directory, ''], ['/ld/.', '.', directory, ''],
        ['/lld', 'lld', link, '/d'], ['/d/lf', 'lf', link, '/d/f'], ['/d/llf', 'llf', link, '/d/f'], ['/d/dang', 'dang', link, '/nowhere'],
      ];
      for (const [path, name, mode, linkTarget] of cases) {
        const seen = await statOf(id, path);
        // 28.5 shows the two dots as they came.
        if (path === '..' && !engine.ours) seen.name = '/';
        assert.deepEqual({ path, name: seen.name, mode: seen.mode, linkTarget: seen.linkTarget }, { path, name, mode, linkTarget });
      }
      assert.equal((await statOf(id, '/d/f')).size, 3);
    });

    test(`GET packs what a path of a ${state} container names, under its own name`, async () => {
      const id = await box(running);
      assert.deepEqual(await get(id, '/d/f'), [{ name: 'f', type: 'file', mode: 0o640, uid: 7, linkname: '', text: 'hi\n' }]);
      assert.deepEqual((await get(id, '/ld')).map(({ name, type, linkname }) => [name, type, linkname]), [['ld', 'symlink', '/d']]);
      assert.deepEqual((await get(id, '/d')).map(({ name }) => name).sort(), ['d/', 'd/dang', 'd/f', 'd/lf', 'd/llf', 'd/sub/']);
      assert.deepEqual((await get(id, '/ld/')).map(({ name }) => name).sort()[0], 'ld/');
      assert.ok((await get(id, '/d/.')).some(({ name }) => name === './f'));
    });

    test(`PUT extracts into a directory of a ${state} container, through links to it too`, async () => {
      const id = await box(running);
      const tar = await tarOf([{ name: 'x', uid: 12, gid: 34, mode: 0o604, text: 'in' }, { name: 'deep/er/y', text: 'y' }]);
      assert.equal((await put(id, '/ld', tar)).status, 200);
      assert.deepEqual(await get(id, '/d/x'), [{ name: 'x', type: 'file', mode: 0o604, uid: 12, linkname: '', text: 'in' }]);
      assert.equal((await get(id, '/d/deep/er/y'))[0]?.text, 'y');
      assert.equal((await put(id, '/d', await tarOf([{ name: 'f', text: 'replaced' }]))).status, 200);
      assert.equal((await get(id, '/d/f'))[0]?.text, 'replaced');
    });
  }

  test('an ended container shows its hosts, hostname and resolv.conf, and inspect where they are', async () => {
    const { id } = await engine.finished({ Hostname: 'gone', HostConfig: { ExtraHosts: ['db:10.0.0.9'], Dns: ['192.0.2.53'] }, Cmd: ['true'] });
    const text = async (name: string): Promise<string> => (await get(id, `/etc/${name}`))[0]!.text;
    assert.match(await text('hosts'), /^10\.0\.0\.9\tdb$/m);
    assert.equal(await text('hostname'), 'gone\n');
    assert.match(await text('resolv.conf'), /^nameserver 192\.0\.2\.53$/m);
    const { HostsPath, HostnamePath, ResolvConfPath } = await engine.inspect(id);
    for (const [path, name] of [[HostsPath, 'hosts'], [HostnamePath, 'hostname'], [ResolvConfPath, 'resolv.conf']] as const) {
      assert.match(path, new RegExp(`/${id}/${name}$`));
      // The files of a peer are in a root of its own.
      if (engine.ours) assert.equal(readFileSync(path, 'utf8'), await text(name));
    }
  });

  test('what is not there is 404 with the container as it was called', async () => {
    const id = await engine.create({}, 'conf-missing');
    for (const [method, path] of [['GET', '/nope'], ['PUT', '/nope'], ['GET', '/nope/x']] as const) {
      const call = { query: { path }, status: 404, message: `Could not find the file ${path} in container conf-missing` };
      await engine.expect(method, '/containers/conf-missing/archive', method === 'PUT' ? { ...call, raw: await tarOf([]) } : call);
    }
    await engine.expect('HEAD', `/containers/${id}/archive`, { query: { path: '/nope' }, status: 404 });
    await engine.expect('GET', '/containers/nosuch/archive', { query: { path: '/x' }, status: 404, message: 'No such container: nosuch' });
    await engine.expect('GET', `/containers/${id}/archive`, { status: 400, message: 'bad parameter: pathcannot be empty' });
  });

  test('a path through a file leads nowhere, and is no place to extract to', async () => {
    const id = await box(true);
    await engine.expect('GET', `/containers/${id}/archive`, { query: { path: '/d/f/x' }, status: [404, 500] });
    for (const path of ['/d/f', '/d/f/']) {
      await engine.expect('PUT', `/containers/${id}/archive`, { query: { path }, raw: await tarOf([]), status: [400, 500], message: engine.ours ? 'extraction point is not a directory' : /extraction point is not a directory|lstat \/d\/f\/: not a directory/ });
    }
  });

  test('noOverwriteDirNonDir keeps directories and files apart; without it one replaces the other', async () => {
    const id = await box(true);
    const fileOverDirectory = await tarOf([{ name: 'sub', text: 'file' }]);
    const directoryOverFile = await tarOf([{ name: 'f', type: 'directory' }]);
    for (const [raw, message] of [[fileOverDirectory, /cannot overwrite directory ".*sub" with non-directory/], [directoryOverFile, /cannot overwrite non-directory "(\/d\/)?f" with directory "\/d"$/]] as const) {
      await engine.expect('PUT', `/containers/${id}/archive`, { query: { path: '/d', noOverwriteDirNonDir: 'true' }, raw, status: [400, 500], message });
    }
    assert.equal((await put(id, '/d', fileOverDirectory)).status, 200);
    assert.equal((await get(id, '/d/sub'))[0]?.text, 'file');
    assert.equal((await put(id, '/d', directoryOverFile)).status, 200);
    assert.equal((await get(id, '/d/f'))[0]?.name, 'f/');
  });

  test('copyUIDGID gives everything to the container\'s user', async () => {
    const id = await engine.create({ User: '123:456' });
    const { status } = await put(id, '/tmp', await tarOf([{ name: 'mine', uid: 5, text: 'x' }]), { copyUIDGID: 1 });
    // Older Dockers look the user up on the host, by name only.
    if (!engine.ours && status === 500) return;
    assert.equal(status, 200);
    assert.equal((await get(id, '/tmp/mine'))[0]?.uid, 123);
  });

  test('read-only root filesystems and volumes are refused, writable volumes below are not', async () => {
    const id = await engine.create({ HostConfig: { ReadonlyRootfs: true, Binds: ['conf-ro:/ro:ro', 'conf-rw:/rw'] } });
    const raw = await tarOf([{ name: 'x', text: 'x' }]);
    await engine.expect('PUT', `/containers/${id}/archive`, { query: { path: '/tmp' }, raw, status: [400, 500], message: 'container rootfs is marked read-only' });
    await engine.expect('PUT', `/containers/${id}/archive`, { query: { path: '/ro' }, raw, status: [400, 500], message: 'mounted volume is marked read-only' });
    assert.equal((await put(id, '/rw', raw)).status, 200);
    assert.equal((await get(id, '/rw/x'))[0]?.text, 'x');
    await engine.clean();
    for (const name of ['conf-ro', 'conf-rw']) await engine.call('DELETE', `/volumes/${name}`);
  });

  test('garbage is no archive', async () => {
    const id = await engine.create();
    await engine.expect('PUT', `/containers/${id}/archive`, { query: { path: '/tmp' }, raw: Buffer.alloc(4096, 7), status: [400, 500] });
  });

  test('changes lists what was added, modified and deleted', async () => {
    const { id } = await engine.finished({ Cmd: ['sh', '-c', 'echo x > /new; echo more >> /etc/passwd; rm /etc/group; mkdir -p /a/b'] });
    const { json } = await engine.expect('GET', `/containers/${id}/changes`, { status: 200 });
    const kinds = new Map((json as { Path: string; Kind: number }[]).map(({ Path, Kind }) => [Path, Kind]));
    assert.deepEqual(['/new', '/etc/passwd', '/etc/group', '/a', '/a/b', '/etc'].map((path) => kinds.get(path)), [1, 0, 2, 1, 1, 0]);
    assert.equal(kinds.size, 6);
    const fresh = await engine.create();
    assert.equal((await engine.expect('GET', `/containers/${fresh}/changes`, { status: 200 })).json, null);
  });

  test('an archive of the root names all with one slash', async () => {
    const id = await engine.create();
    for (const path of ['/', '//', '/etc/..']) {
      const names = (await get(id, path)).map(({ name }) => name);
      assert.ok(names.includes('/') && names.includes('/etc/') && names.includes('/etc/passwd'), `${path}: ${names.slice(0, 3).join(' ')}`);
    }
  });

  test('export is the whole root filesystem, without what volumes hold', async () => {
    const { id } = await engine.finished({ Cmd: ['sh', '-c', 'echo x > /new; echo y > /vol/inside; rm /etc/group'], HostConfig: { Binds: ['conf-export:/vol'] } });
    const response = await engine.open('GET', `/containers/${id}/export`);
    const names = (await membersOf(Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)))).map(({ name }) => name);
    assert.ok(names.includes('new') && names.includes('bin/busybox') && names.includes('vol/'));
    assert.ok(!names.includes('vol/inside') && !names.includes('etc/group'));
    await engine.clean();
    await engine.call('DELETE', '/volumes/conf-export');
  });

  test('commit makes an image of what changed, with the config that was asked for', async () => {
    const { id } = await engine.finished({ Cmd: ['sh', '-c', 'echo kept > /kept; rm /etc/group'], Env: ['A=1'] });
    const { json } = await engine.expect('POST', '/commit', {
      query: { container: id, repo: 'conformance/commit', tag: 'x', author: 'somebody', comment: 'why', changes: 'CMD ["cat","/kept"]\nENV B=2' }, body: { Labels: { l: 'v' } }, status: 201,
    });
    const image = (await engine.expect('GET', '/images/conformance/commit:x/json', { status: 200 })).json;
    assert.equal(image.Id, json.Id);
    assert.deepEqual([image.Author, image.Comment, image.Config.Cmd, image.Config.Labels.l], ['somebody', 'why', ['cat', '/kept'], 'v']);
    assert.ok('org.opencontainers.image.title' in image.Config.Labels);
    assert.ok(image.Config.Env.includes('A=1') && image.Config.Env.includes('B=2'));
    const run = await engine.finished({ Image: 'conformance/commit:x', Cmd: undefined });
    assert.equal(run.stdout, 'kept\n');
    assert.equal((await engine.finished({ Image: 'conformance/commit:x', Cmd: ['ls', '/etc/group'] })).exitCode, 1);
    await engine.clean();
    await engine.expect('DELETE', '/images/conformance/commit:x', { status: 200 });
  });

  test('commit refuses what it does not know, with nothing made', async () => {
    const id = await engine.create();
    await engine.expect('POST', '/commit', { query: { container: 'nosuch' }, body: {}, status: 404, message: 'No such container: nosuch' });
    await engine.expect('POST', '/commit', { query: { container: id, changes: 'FROM x' }, body: {}, status: [400, 500], message: /from is not a valid change command/i });
    await engine.expect('POST', '/commit', { query: { container: id, repo: 'BAD' }, body: {}, status: [400, 500], message: /must be lowercase/ });
    // 20.10 has made the image when it sees the name; its nameless child would keep other suites from removing the parent.
    if (!engine.ours) await engine.expect('POST', '/images/prune', { status: 200 });
  });
});
