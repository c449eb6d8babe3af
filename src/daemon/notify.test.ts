import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../base/log.ts';
import { checked, libc } from '../host/ffi.ts';
import { notifyService } from './notify.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, void *address, unsigned int length)');
const recv = libc.func('intptr_t recv(int fd, void *bytes, size_t length, int flags)');
const [unix, datagram, dontWait] = [1, 2, 0x40];

/** A datagram socket of the service manager. */
function listenAt(path: string): { take(): string; close(): void } {
  const address = Buffer.from(`\x01\0${path.replace(/^@/, '\0')}`, 'latin1');
  const descriptor = checked(socket(unix, datagram, 0) as number, 'socket');
  checked(bind(descriptor, address, address.length) as number, 'bind');
  const bytes = Buffer.alloc(100);
  return {
    take: () => bytes.toString('utf8', 0, checked(Number(recv(descriptor, bytes, bytes.length, dontWait)), 'recv')),
    close: () => closeSync(descriptor),
  };
}

for (const kind of ['a path', 'an abstract name']) {
  test(`notifyService() sends one datagram to ${kind}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-notify-'));
    const path = kind === 'a path' ? join(folder, 'notify') : `@${folder}`;
    const manager = listenAt(path);
    try {
      notifyService('READY=1', silentLog, path);
      assert.equal(manager.take(), 'READY=1');
      assert.throws(() => manager.take(), /EAGAIN/);
    } finally {
      manager.close();
      rmSync(folder, { recursive: true });
    }
  });
}

test('notifyService() goes on when nobody listens', () => {
  const said: string[] = [];
  notifyService('READY=1', { ...silentLog, warn: (message) => said.push(message) }, '/nonexistent/notify');
  assert.deepEqual(said, ['the service manager cannot be told']);
});
