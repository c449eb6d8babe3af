import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Box } from '../containers/box.ts';

const files = 400;

/** A copy that was cut off must not pass for what somebody has put into the volume: nothing would fill it any more. */
test('a daemon killed while it fills a volume leaves it empty or full, and the next container finds it full', async () => {
  await using box = await Box.open();
  const { id } = await box.sh(`mkdir -p /data/deep; for n in $(seq ${files}); do echo $n > /data/f$n; echo $n > /data/deep/f$n; done`);
  await box.ok('POST', `/commit?container=${id}&repo=many&tag=x`, {});
  for (const step of ['.gantry-copying', '.gantry-copied']) {
    const name = `cut-${step.slice('.gantry-'.length)}`;
    const body = { Image: 'many:x', Cmd: ['true'], HostConfig: { Binds: [`${name}:/data`] } };
    await box.ok('POST', '/volumes/create', { Name: name });
    const home = join(box.daemon.root, 'volumes', name);
    const contents = (): number => readdirSync(join(home, '_data')).length;

    const seen = appearance(home, step);
    const call = box.daemon.request('POST', '/containers/create', body).catch(() => undefined);
    await seen;
    await box.daemon.crash();
    await call;
    await box.daemon.start();
    assert.ok([0, files + 1].includes(contents()), `${contents()} of ${files + 1} names are in the volume`);

    await box.create(body);
    assert.equal(contents(), files + 1);
    assert.equal(readdirSync(join(home, '_data/deep')).length, files);
    assert.deepEqual(readdirSync(home), ['_data']);
  }
});

/** Settles when a name appears in a directory. Watches from the moment it returns. */
function appearance(directory: string, name: string): Promise<void> {
  const changes = watch(directory)[Symbol.asyncIterator]();
  const first = changes.next();
  return (async () => {
    for (let change = await first; !change.done; change = await changes.next()) {
      if (change.value.filename === name) break;
    }
    await changes.return?.();
  })();
}
