import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { serveRegistryProcess } from '../../support/registry-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { describeManifest, indexOf, layoutMembers, sample, tarOf } from './archive-builder.ts';

const rounds = 5;
/** Few, so that what is removed is nearly always what somebody else brings. */
const texts = ['one', 'two', 'three'];
const archives = texts.map((text) => {
  const image = sample({ text });
  return tarOf(layoutMembers(indexOf([describeManifest(image, `docker.io/library/${text}:latest`)]), [image]));
});

/** What may be told while others remove everything they can. Anything else is a failure of the engine. */
const accepted = new Set([200, 201, 204, 404, 409]);

async function ask(daemon: TestDaemon, method: string, path: string, body?: unknown): Promise<{ status: number; text: string; json: unknown }> {
  const answer = await daemon.request(method, path, body);
  assert.ok(accepted.has(answer.status), `${method} ${path}: ${answer.status} ${answer.text}`);
  const inBand = /"error":"([^"]*)"/.exec(answer.text)?.[1] ?? 'No such image';
  assert.match(inBand, /No such image|not found/, `${method} ${path}`);
  return answer;
}

/** A container has its files until it goes, though force takes its image; of an image that is still there, everything is there. */
async function useOf(daemon: TestDaemon, image: string, name: string): Promise<void> {
  const created = await ask(daemon, 'POST', '/containers/create', { Image: image, Cmd: ['/hello'] });
  if (created.status !== 201) return;
  const { Id: id } = created.json as { Id: string };
  const { Image: imageId } = (await daemon.request('GET', `/containers/${id}/json`)).json as { Image: string };
  const exported = await daemon.request('GET', `/containers/${id}/export`);
  assert.ok(exported.status === 200 && exported.text.includes('hello'), `export of a container of ${image}: ${exported.status} ${exported.text.slice(0, 200)}`);
  const committed = await ask(daemon, 'POST', `/commit?container=${id}&repo=${name}`, {});
  assert.ok(committed.status === 201 || /No such image/.test(committed.text), committed.text);
  await ask(daemon, 'POST', `/images/${image}/tag?repo=again-${name}&tag=latest`);
  const saved = await daemon.request('GET', `/images/${imageId}/get`);
  assert.ok(saved.status === 200 ? saved.text.includes('index.json') : /No such image/.test(saved.text), `save of ${image}: ${saved.status} ${saved.text.slice(0, 200)}`);
  assert.equal((await daemon.request('DELETE', `/containers/${id}?force=1`)).status, 204);
}

describe('removal beside everything that brings, makes and uses images', () => {
  it('loses nothing that was acknowledged, keeps nothing that nobody names, and never fails by itself', async () => {
    await using folder = await temporaryFolder();
    await using registry = await serveRegistryProcess(join(folder.path, 'registry'));
    await using daemon = await startDaemon();
    for (const [index, text] of texts.entries()) {
      await daemon.request('POST', '/images/load', archives[index]);
      await daemon.request('POST', `/images/${text}/tag?repo=${registry.host}/${text}&tag=latest`);
      await daemon.request('POST', `/images/${registry.host}/${text}/push?tag=latest`);
    }
    let busy = true;
    let turn = 0;
    const bring = texts.map(async (text, index) => {
      for (let round = 0; round < rounds; round++) {
        await ask(daemon, 'POST', '/images/load', archives[index]);
        await useOf(daemon, text, `made-${text}`);
        const pulled = `${registry.host}/${text}`;
        await ask(daemon, 'POST', `/images/create?fromImage=${pulled}&tag=latest`);
        await useOf(daemon, pulled, `pulled-${text}`);
        await ask(daemon, 'POST', `/images/create?fromSrc=-&repo=imported-${text}`, tarOf([{ name: 'hello', body: text }]));
        await useOf(daemon, `imported-${text}`, `more-${text}`);
      }
    });
    const remove = [
      async () => await ask(daemon, 'POST', `/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`),
      async () => await ask(daemon, 'DELETE', `/images/${texts[turn++ % texts.length]}?force=1`),
      async () => await ask(daemon, 'GET', '/system/df'),
      async () => await ask(daemon, 'GET', '/images/json?all=1'),
    ].map(async (act) => {
      while (busy) await act();
    });
    await Promise.all([Promise.all(bring).finally(() => (busy = false)), ...remove]);
    assert.equal((await daemon.request('POST', `/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`)).status, 200);
    assert.deepEqual((await daemon.request('GET', '/images/json?all=1')).json, []);
    const files = (path: string): string[] => readdirSync(join(daemon.root, path), { recursive: true, withFileTypes: true }).filter((item) => item.isFile()).map(({ name }) => name);
    assert.deepEqual([files('content/blobs'), files('content/ingest')], [[], []]);
    const layers = readdirSync(join(daemon.root, 'snapshots')).flatMap((form) => readdirSync(join(daemon.root, 'snapshots', form)));
    assert.deepEqual(layers.filter((name) => /^[0-9a-f]{32}$/.test(name)), []);
  });
});
