import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Box } from './box.ts';

test('a daemon that was started by somebody whose files are for nobody else has files for the users in its containers', async () => {
  await using folder = await temporaryFolder();
  const before = process.umask(0o077);
  await using box = await Box.open().finally(() => process.umask(before));
  const { stdout, stderr } = await box.sh('head -c 4 /etc/passwd; echo; stat -c "%a %n" / /etc/hosts /named /made', {
    User: '1234', HostConfig: { Binds: ['named:/named', `${join(folder.path, 'made')}:/made`] },
  });
  assert.deepEqual([stdout, stderr], ['root\n755 /\n644 /etc/hosts\n755 /named\n755 /made\n', '']);
});
