import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pack, type Header } from 'tar-stream';
import { swapping } from '../../support/swapping.ts';
import { Box } from '../containers/box.ts';

/**
 * Somebody swaps a directory and a link to the host as fast as the kernel can, while files are copied. Nothing of the host may be read or
 * written: CVE-2018-15664 and its kin. The swapping is done by a thread here, on the volume's own directory: faster than any container could.
 */
const secret = 'SECRET OF THE HOST';

const tarOf = async (members: (Partial<Header> & { name: string; text?: string })[]): Promise<Buffer> => {
  const archive = pack();
  for (const { text = '', ...header } of members) archive.entry({ ...header, size: Buffer.byteLength(text) } as Header, text);
  archive.finalize();
  return Buffer.concat(await Array.fromAsync(archive as unknown as AsyncIterable<Buffer>));
};

describe('copies against somebody who swaps paths', () => {
  let box: Box;
  let host: string;
  before(async () => {
    box = await Box.open();
    host = mkdtempSync(join(tmpdir(), 'gantry-canary-'));
    mkdirSync(join(host, 'etc'));
    writeFileSync(join(host, 'etc/file'), secret);
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(host, { recursive: true });
  });

  const volume = async (name: string): Promise<string> => {
    const { json } = await box.ok('POST', '/volumes/create', { Name: name });
    const path = (json as { Mountpoint: string }).Mountpoint;
    mkdirSync(join(path, 'etc'));
    writeFileSync(join(path, 'etc/file'), 'of the container');
    symlinkSync(join(host, 'etc'), join(path, 'link'));
    return path;
  };
  const untouched = (): void => {
    assert.deepEqual(readdirSync(join(host, 'etc')), ['file']);
    assert.equal(readFileSync(join(host, 'etc/file'), 'utf8'), secret);
    assert.deepEqual(readdirSync(host), ['etc']);
  };
  /** Turns until both the copies and the swaps have had their share. */
  const manyTimes = async (swaps: { rounds: () => number }, turn: () => Promise<void>): Promise<void> => {
    for (let done = 0; done < 150 || swaps.rounds() < 10_000; done++) await turn();
  };

  for (const running of [true, false]) {
    const state = running ? 'running' : 'stopped';
    test(`cp out of a ${state} container reads nothing of the host`, async () => {
      const path = await volume(`out-${state}`);
      const id = await (running ? box.start({ Cmd: ['sleep', '1000'], HostConfig: { Binds: [`out-${state}:/v`] } }) : box.create({ HostConfig: { Binds: [`out-${state}:/v`] } }));
      const seen = new Set<number>();
      await using swaps = swapping(path, 'etc', 'link');
      await manyTimes(swaps, async () => {
        for (const name of ['/v/etc/file', '/v/etc/', '/v']) {
          const answer = await box.daemon.request('GET', `/containers/${id}/archive?path=${encodeURIComponent(name)}`);
          seen.add(answer.status);
          assert.ok(!answer.text.includes(secret), name);
        }
      });
      assert.ok(seen.has(200));
      untouched();
    });

    test(`cp into a ${state} container writes nothing to the host`, async () => {
      const path = await volume(`in-${state}`);
      const id = await (running ? box.start({ Cmd: ['sleep', '1000'], HostConfig: { Binds: [`in-${state}:/v`] } }) : box.create({ HostConfig: { Binds: [`in-${state}:/v`] } }));
      const tar = await tarOf([
        { name: 'evil', text: 'x' }, { name: 'sub/evil', text: 'x' }, { name: 'pipe', type: 'fifo', mode: 0o777 }, { name: 'file', text: 'x', mode: 0o4777 },
      ]);
      const through = await tarOf([{ name: 'etc/evil', text: 'x' }, { name: 'etc/fifo', type: 'fifo', mode: 0o777 }]);
      const seen = new Set<number>();
      await using swaps = swapping(path, 'etc', 'link');
      await manyTimes(swaps, async () => {
        seen.add((await box.daemon.request('PUT', `/containers/${id}/archive?path=/v/etc`, tar)).status);
        seen.add((await box.daemon.request('PUT', `/containers/${id}/archive?path=/v`, through)).status);
      });
      assert.ok(seen.has(200), [...seen].join(' '));
      untouched();
    });
  }
});
