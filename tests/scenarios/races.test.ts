/** People and scripts who load, tag, save, remove and prune the image that others are just running. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { archive, image, Stage } from './stage.ts';

let stage: Stage;
before(async () => { stage = await Stage.open(); });
after(() => stage[Symbol.asyncDispose]());

test('whatever happens to an image meanwhile, a container that was made of it runs, and every question has an answer that makes sense', async () => {
  const tar = readFileSync(archive);
  const said = new Map<string, number>();
  let over = false;
  const ask = async (what: string, method: string, path: string, body?: unknown): Promise<unknown> => {
    const { status, text, json } = await stage.daemon.request(method, path, body);
    const key = status < 400 ? `${what} ${status}` : `${what} ${status} ${text.trim()}`;
    said.set(key, (said.get(key) ?? 0) + 1);
    return status < 400 ? json : undefined;
  };
  const repeat = async (act: () => Promise<unknown>): Promise<void> => { while (!over) await act(); };
  let runs = 0;
  const runOne = async (): Promise<void> => {
    const made = await ask('create', 'POST', '/containers/create', { Image: image, Cmd: ['true'], Volumes: { '/data': {} } }) as { Id: string } | undefined;
    if (made === undefined) return;
    await ask('start', 'POST', `/containers/${made.Id}/start`);
    assert.deepEqual(await ask('wait', 'POST', `/containers/${made.Id}/wait`), { StatusCode: 0 });
    await ask('rm', 'DELETE', `/containers/${made.Id}?v=1`);
    if (++runs === 40) over = true;
  };
  await Promise.all([
    ...[1, 2].map(() => repeat(() => ask('load', 'POST', '/images/load?quiet=1', tar))),
    ...[1, 2, 3, 4].map(() => repeat(runOne)),
    repeat(() => ask('rmi', 'DELETE', `/images/${image}?force=1`)),
    repeat(() => ask('prune', 'POST', '/images/prune?filters=%7B%22dangling%22%3A%5B%22false%22%5D%7D')),
    repeat(() => ask('tag', 'POST', `/images/${image}/tag?repo=other&tag=x`)),
    repeat(() => ask('save', 'GET', `/images/get?names=${image}`)),
    repeat(() => ask('volume prune', 'POST', '/volumes/prune')),
    repeat(() => ask('df', 'GET', '/system/df')),
    repeat(() => ask('ps -s', 'GET', '/containers/json?all=1&size=1')),
  ]);
  // As with Docker, `save` says the name as it was given.
  const missing = new RegExp(String.raw`^(?:(?:create|tag|rmi) 404 \{"message":"No such image: ${image}:latest"\}|save 404 \{"message":"No such image: ${image}"\})$`);
  const strange = [...said].filter(([key]) => !/^[a-z -]+ 20[014]$/.test(key) && !missing.test(key));
  assert.deepEqual(strange, []);
  assert.deepEqual(await stage.containers(), []);
  assert.equal((await stage.ask<{ Volumes: unknown[] }>('/volumes')).Volumes.length, 0);
});
