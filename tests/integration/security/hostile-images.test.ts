import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { mountTable } from '../../../src/host/mount-info.ts';
import { extract, pack, type Header } from 'tar-stream';
import { Box } from '../containers/box.ts';

type Member = Partial<Header> & { name: string; content?: Buffer | string };

const tarOf = async (members: readonly Member[]): Promise<Buffer> => {
  const archive = pack();
  for (const { content = '', ...header } of members) archive.entry({ ...header, size: Buffer.byteLength(content) } as Header, content);
  archive.finalize();
  return Buffer.concat(await Array.fromAsync(archive as AsyncIterable<Buffer>));
};
/** An account too, for who reads the host's files in place of the image's. */
const ofHost = 'hostuser:x:4242:4242:of the host:/:/bin/sh\n';
const link = (name: string, linkname: string): Member => ({ name, linkname, type: 'symlink' });

/** Images and containers whose files are made to lead the engine to the host's. */
describe('a hostile root filesystem', () => {
  let box: Box;
  let canary: string;
  let busybox: Buffer;
  before(async () => {
    box = await Box.open();
    canary = mkdtempSync(join(tmpdir(), 'gantry-canary-'));
    for (const name of ['pts', 'shm', 'self', 'sys', 'fs']) mkdirSync(join(canary, name));
    for (const name of ['null', 'console', 'hosts', 'hostname', 'resolv.conf', 'passwd', 'group', 'uptime']) writeFileSync(join(canary, name), ofHost);
    const id = await box.create({ Cmd: ['true'] });
    const archive = await fetchTar(id, '/bin/busybox');
    for await (const entry of Readable.from([archive]).pipe(extract())) busybox = Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>));
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(canary, { recursive: true });
  });

  /** Bytes, which the fixture's text would spoil. */
  const fetchTar = async (id: string, path: string): Promise<Buffer> => {
    const call = request({ socketPath: box.daemon.socketPath, path: `/containers/${id}/archive?path=${path}`, agent: false }).end();
    const [response] = await once(call, 'response') as [IncomingMessage];
    return Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>));
  };
  const untouched = (): void => {
    assert.deepEqual(readdirSync(canary).sort(), ['console', 'fs', 'group', 'hostname', 'hosts', 'null', 'passwd', 'pts', 'resolv.conf', 'self', 'shm', 'sys', 'uptime']);
    for (const name of ['pts', 'shm', 'self', 'sys', 'fs']) assert.deepEqual(readdirSync(join(canary, name)), [], name);
    for (const name of ['null', 'console', 'hosts', 'hostname', 'resolv.conf', 'passwd', 'group']) assert.equal(readFileSync(join(canary, name), 'utf8'), ofHost, name);
    assert.ok(!mountTable().includes(` ${canary}`), 'something is mounted there');
  };
  const image = async (name: string, members: readonly Member[]): Promise<void> => {
    const programs: Member[] = [{ name: 'bin', type: 'directory', mode: 0o755 }, { name: 'bin/busybox', mode: 0o755, content: busybox }, link('bin/sh', 'busybox')];
    await box.ok('POST', `/images/create?fromSrc=-&repo=hostile&tag=${name}`, await tarOf([...programs, ...members]));
  };
  /** Runs it if it can be started, with what could be led astray: a terminal, an init, files that are made for it. */
  const tryOut = async (name: string, more: object = {}): Promise<string> => {
    const id = await box.create({ Image: `hostile:${name}`, Cmd: ['/bin/sh', '-c', 'b=/bin/busybox; $b echo x > /dev/null; $b touch /dev/shm/x /etc/x; $b test -s /proc/kcore && echo kcore; $b grep -q "of the host" /etc/hosts /etc/passwd && echo host; $b echo ran'], ...more });
    const { status } = await box.daemon.request('POST', `/containers/${id}/start`);
    if (status === 204) await box.wait(id);
    for (const path of ['/etc', '/dev/null', '/proc', '/etc/hosts']) await box.daemon.request('HEAD', `/containers/${id}/archive?path=${path}`);
    const said = status === 204 ? (await box.ok('GET', `/containers/${id}/logs?stdout=1`)).text : 'refused';
    await box.ok('DELETE', `/containers/${id}?force=1`);
    return said;
  };

  const up = '../../../../../../../../../../../..';
  for (const place of ['dev', 'proc', 'sys', 'etc']) {
    for (const [kind, target] of [['absolute', () => canary], ['relative', () => `${up}${canary}`]] as const) {
      test(`/${place} as an ${kind} link leads nowhere`, async () => {
        await image(`${place}-${kind}`, [link(place, target())]);
        for (const more of [{}, { Tty: true }, { User: 'nobody' }, { WorkingDir: `/${place}/self` }, { HostConfig: { ReadonlyRootfs: true } }]) {
          assert.doesNotMatch(await tryOut(`${place}-${kind}`, more), /kcore|host/);
        }
        untouched();
      });
    }
  }

  const directory = (name: string): Member => ({ name, type: 'directory', mode: 0o755 });
  test('links below /dev, /proc, /sys and /etc lead nowhere', async () => {
    const inner = ['dev/pts', 'dev/shm', 'dev/null', 'dev/console', 'dev/fd', 'proc/self', 'proc/sys', 'sys/fs', 'etc/hosts', 'etc/hostname', 'etc/resolv.conf', 'etc/passwd', 'etc/group'];
    await image('inner', [...['dev', 'proc', 'sys', 'etc'].map(directory), ...inner.map((name) => link(name, `${canary}/${name.split('/')[1]}`))]);
    await image('inner-up', [...['dev', 'proc', 'sys', 'etc'].map(directory), ...inner.map((name) => link(name, `${up}${canary}/${name.split('/')[1]}`))]);
    for (const tag of ['inner', 'inner-up']) {
      for (const more of [{}, { Tty: true }, { HostConfig: { Binds: ['conf:/etc'] } }, { HostConfig: { Tmpfs: { '/dev/shm': '' } } }]) assert.doesNotMatch(await tryOut(tag, more), /kcore|host/);
      assert.equal(await tryOut(tag, { User: 'hostuser' }), 'refused');
    }
    untouched();
  });

  test('links that somebody copies into a stopped container lead nowhere', async () => {
    for (const place of ['dev', 'proc', 'sys', 'etc', 'etc/hosts', 'dev/null', 'dev/pts']) {
      const id = await box.create({ Cmd: ['sh', '-c', 'echo x > /dev/null; touch /etc/x; test -s /proc/kcore && echo kcore'] });
      await box.daemon.request('PUT', `/containers/${id}/archive?path=/`, await tarOf([link(place, place.includes('/') ? `${canary}/${place.split('/')[1]}` : canary)]));
      if ((await box.daemon.request('POST', `/containers/${id}/start`)).status === 204) await box.wait(id);
      assert.doesNotMatch((await box.output(id)).stdout, /kcore/);
      untouched();
    }
  });

  test('no program or library of a container is ever run by the engine (CVE-2019-14271)', async () => {
    const script = `#!/bin/sh\necho ran >> /marker\nexec >> ${canary}/marker\necho ran\n`;
    const programs = ['xz', 'unpigz', 'pigz', 'gzip', 'gunzip', 'bzip2', 'zstd', 'tar', 'getent', 'ps', 'mount', 'nft'].flatMap((name) => ['usr/bin', 'usr/sbin'].map((folder) => `${folder}/${name}`));
    const libraries = ['libnss_files.so.2', 'libnss_dns.so.2', 'libnss_systemd.so.2'].flatMap((name) => [`lib/x86_64-linux-gnu/${name}`, `usr/lib/${name}`]);
    await image('programs', [...[...programs, ...libraries].map((name): Member => ({ name, mode: 0o755, content: script })), { name: 'etc/passwd', content: 'me:x:7:8::/:/bin/sh\n' }, { name: 'etc/nsswitch.conf', content: 'passwd: evil\n' }]);
    const member = await tarOf([{ name: 'copied', content: 'copied' }]);
    const packed = (program: string): Buffer => spawnSync(program, ['-c'], { input: member }).stdout;
    const id = await box.create({ Image: 'hostile:programs', User: 'me', Cmd: ['/bin/sh', '-c', 'while :; do /bin/busybox sleep 1000; done'] });
    for (const running of [false, true]) {
      if (running) await box.ok('POST', `/containers/${id}/start`);
      for (const program of ['cat', 'gzip', 'bzip2', 'xz', 'zstd'].filter((name) => name === 'cat' || spawnSync(name, ['--version']).error === undefined)) {
        await box.ok('PUT', `/containers/${id}/archive?path=/&copyUIDGID=1`, program === 'cat' ? member : packed(program));
      }
      for (const path of [`archive?path=/copied`, 'export', 'changes', ...(running ? ['top', 'stats?stream=0&one-shot=1'] : [])]) await box.ok('GET', `/containers/${id}/${path}`);
    }
    await box.ok('POST', `/commit?container=${id}&repo=hostile&tag=committed`, {});
    assert.equal((await box.daemon.request('HEAD', `/containers/${id}/archive?path=/marker`)).status, 404);
    untouched();
  });
});
