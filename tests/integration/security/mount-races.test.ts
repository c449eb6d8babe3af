import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mountTable } from '../../../src/host/mount-info.ts';
import { swapping } from '../../support/swapping.ts';
import { repetitions } from '../../support/repetitions.ts';
import { Box } from '../containers/box.ts';

/**
 * A volume is shared with somebody who swaps a directory in it and a link to the host as fast as the kernel can, while containers are made and
 * started that mount below it, or a part of it: CVE-2021-30465, CVE-2024-45310 and their kin.
 */
const secret = 'SECRET OF THE HOST';
const rounds = repetitions(20);

describe('mounts against somebody who swaps their places', () => {
  let box: Box;
  let host: string;
  before(async () => {
    box = await Box.open();
    host = mkdtempSync(join(tmpdir(), 'gantry-canary-'));
    mkdirSync(join(host, 'etc'));
    writeFileSync(join(host, 'etc/file'), secret);
    writeFileSync(join(host, 'payload'), 'payload');
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(host, { recursive: true });
  });

  const shared = async (name: string): Promise<string> => {
    const { json } = await box.ok('POST', '/volumes/create', { Name: name });
    const path = (json as { Mountpoint: string }).Mountpoint;
    mkdirSync(join(path, 'etc'));
    writeFileSync(join(path, 'etc/file'), 'of the volume');
    symlinkSync(join(host, 'etc'), join(path, 'link'));
    return path;
  };
  const untouched = (): void => {
    assert.deepEqual(readdirSync(host).sort(), ['etc', 'payload']);
    assert.deepEqual(readdirSync(join(host, 'etc')), ['file']);
    assert.equal(readFileSync(join(host, 'etc/file'), 'utf8'), secret);
    assert.ok(!mountTable().includes(`${host}/`), 'something is mounted there');
  };

  const victims: [title: string, hostConfig: (volume: string) => object, script: string][] = [
    ['a file and a directory below it', (volume) => ({ Binds: [`${volume}:/v`, `${host}/payload:/v/etc/new`, 'other:/v/etc/dir/deep'] }), 'cat /v/etc/file'],
    ['a tmpfs below it', (volume) => ({ Binds: [`${volume}:/v`], Tmpfs: { '/v/etc/mem': '' } }), 'cat /v/etc/file'],
    ['a directory of it by subpath', (volume) => ({ Mounts: [{ Type: 'volume', Source: volume, Target: '/v', VolumeOptions: { Subpath: 'etc' } }] }), 'cat /v/file; touch /v/made'],
    ['a file of it by subpath', (volume) => ({ Mounts: [{ Type: 'volume', Source: volume, Target: '/v', VolumeOptions: { Subpath: 'etc/file' } }] }), 'cat /v'],
  ];
  for (const [title, hostConfig, script] of victims) {
    test(`${title}: nothing of the host is reached`, async () => {
      const name = `race-${victims.findIndex(([each]) => each === title)}`;
      await using swaps = swapping(await shared(name), 'etc', 'link');
      let started = 0;
      for (let round = 0; round < rounds || started === 0 || swaps.rounds() < repetitions(10_000); round++) {
        const id = await box.create({ Cmd: ['sh', '-c', script], HostConfig: hostConfig(name) });
        // A link in the way of a mount is a reason not to start; that is well too.
        if ((await box.daemon.request('POST', `/containers/${id}/start`)).status === 204) {
          started++;
          await box.wait(id);
          assert.ok(!(await box.output(id)).stdout.includes(secret));
        }
        await box.daemon.request('HEAD', `/containers/${id}/archive?path=/v/etc`);
        await box.ok('DELETE', `/containers/${id}?force=1`);
      }
      untouched();
    });
  }
});
