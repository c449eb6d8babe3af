import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { tarHeader } from '../../../src/base/tar/encoder.ts';
import { Box } from '../containers/box.ts';

/** Overlay empties its work directory at every mount: a second mount of a container's layer once left it unable to change files of its image. */
describe('looking into a container leaves it whole', () => {
  let box: Box;
  before(async () => {
    box = await Box.open();
  });
  after(() => box[Symbol.asyncDispose]());

  const changes = 'echo x >> /etc/passwd && rm /etc/group && mkdir /bin/sub && chmod 700 /etc && mv /bin/ls /bin/list && echo whole';

  for (const [title, look] of [
    ['an export', (id: string) => box.ok('GET', `/containers/${id}/export`)],
    ['its changes', (id: string) => box.ok('GET', `/containers/${id}/changes`)],
    ['a commit', (id: string) => box.ok('POST', `/commit?container=${id}`, {})],
    ['a copy', (id: string) => box.ok('GET', `/containers/${id}/archive?path=/etc`)],
  ] as const) {
    test(`${title} of one that runs`, async () => {
      const id = await box.start({ Cmd: ['sleep', '1000'] });
      await look(id);
      assert.deepEqual(await box.exec(id, ['sh', '-c', changes]), { exitCode: 0, stdout: 'whole\n', stderr: '' });
      await look(id);
      assert.equal((await box.exec(id, ['sh', '-c', 'rm /etc/passwd && echo again > /etc/passwd && cat /etc/passwd'])).stdout, 'again\n');
      await box.ok('DELETE', `/containers/${id}?force=1`);
    });
  }

  test('copies into one that is started meanwhile', async () => {
    const id = await box.create({ Cmd: ['sh', '-c', `${changes}; exec sleep 1000`] });
    const header = tarHeader({ name: 'half', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, size: 1 << 20 });
    const answered = Promise.withResolvers<number>();
    const call = request({ socketPath: box.daemon.socketPath, method: 'PUT', path: `/containers/${id}/archive?path=/tmp`, agent: false }, (response) => {
      response.resume();
      answered.resolve(response.statusCode ?? 0);
    });
    call.once('error', answered.reject);
    call.write(Buffer.concat([header, Buffer.alloc(1 << 19, 'x')]));
    await box.until(() => box.ok('GET', `/containers/${id}/changes`), ({ text }) => text.includes('/tmp/half'));
    await box.ok('POST', `/containers/${id}/start`);
    await box.until(() => box.output(id), ({ stdout }) => stdout === 'whole\n');
    call.end(Buffer.concat([Buffer.alloc(1 << 19, 'x'), Buffer.alloc(1024)]));
    assert.equal(await answered.promise, 200);
    assert.equal((await box.exec(id, ['stat', '-c', '%s', '/tmp/half'])).stdout, '1048576\n');
  });

  test('changes pass over what was copied up and is as it was', async () => {
    const id = await box.start({ Cmd: ['sh', '-c', 'ln /etc/passwd /linked; touch /root/x; rm /root/x; chmod 711 /etc/shadow; echo ready; exec sleep 1000'] });
    await box.until(() => box.output(id), ({ stdout }) => stdout === 'ready\n');
    assert.deepEqual((await box.ok('GET', `/containers/${id}/changes`)).json, [{ Path: '/etc', Kind: 0 }, { Path: '/etc/shadow', Kind: 0 }, { Path: '/linked', Kind: 1 }]);
    await box.ok('DELETE', `/containers/${id}?force=1`);
  });
});
