import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { demultiplex, type Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('log options', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  const asked = (Type: string, Config: Record<string, string>, config: object = {}): Record<string, unknown> => ({ Cmd: ['echo', 'said'], ...config, HostConfig: { LogConfig: { Type, Config } } });

  /** The attributes in front of the line, as `logs --details` has them. */
  async function details(id: string): Promise<string> {
    const response = await engine.open('GET', `/containers/${id}/logs`, { query: { stdout: 1, details: 1 } });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const line = demultiplex(Buffer.concat(chunks)).stdout;
    assert.match(line, / said\n$/);
    return line.slice(0, -' said\n'.length);
  }

  test('labels and variables are chosen by name and by pattern, and a tag is a template', async () => {
    const Config = { labels: 'tier,none', 'labels-regex': '^team\\.', env: 'MODE', 'env-regex': '^X_', tag: '{{.Name}}/{{.ImageName}}/{{.Command}}/{{.DaemonName}}' };
    const { id } = await engine.finished(asked('json-file', Config, { Labels: { tier: 'front', 'team.a': 'blue', other: 'no' }, Env: ['MODE=a b', 'X_Y=1', 'Z=2'] }));
    const name = (await engine.inspect(id)).Name.slice(1);
    const tag = encodeURIComponent(`${name}/${engine.image}/echo said/docker`).replaceAll('%20', '+');
    assert.equal(await details(id), `MODE=a+b,X_Y=1,tag=${tag},team.a=blue,tier=front`);
  });

  test('each byte of a json-file log that belongs to no character is told as one replacement character', async () => {
    const { id } = await engine.finished({ Cmd: ['printf', '\\342\\202A\\377\\357\\277\\275\\360\\237\\230\\n'], HostConfig: { LogConfig: { Type: 'json-file' } } });
    const chunks: Buffer[] = [];
    for await (const chunk of await engine.open('GET', `/containers/${id}/logs`, { query: { stdout: 1 } })) chunks.push(chunk as Buffer);
    assert.equal(demultiplex(Buffer.concat(chunks)).stdout, '\ufffd\ufffdA\ufffd\ufffd\ufffd\ufffd\ufffd\n');
  });

  test('both modes deliver everything', async () => {
    for (const Config of [{ mode: 'blocking' }, { mode: 'non-blocking', 'max-buffer-size': '1m' }] as Record<string, string>[]) {
      assert.equal((await engine.finished(asked('json-file', Config))).stdout, 'said\n');
    }
  });

  test('a log of none has nothing to read, whatever its options', async () => {
    const id = await engine.run(asked('none', { 'max-size': '10m' }));
    await engine.expect('GET', `/containers/${id}/logs`, { query: { stdout: 1 }, status: [501, 500], message: /configured logging driver does not support reading/ });
    assert.equal((await engine.inspect(id)).LogPath, '');
  });

  test('the path of a log is told of json-file, from the first start on', async () => {
    const id = await engine.create(asked('json-file', {}));
    assert.equal((await engine.inspect(id)).LogPath, '');
    await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
    assert.match((await engine.inspect(id)).LogPath, new RegExp(`/${id}-json\\.log$`));
    assert.equal((await engine.inspect((await engine.finished(asked('local', {}))).id)).LogPath, '');
  });

  for (const [type, config, message] of [
    ['nosuch', {}, 'error looking up logging plugin nosuch: plugin "nosuch" not found'],
    ['json-file', { nosuch: '1' }, "unknown log opt 'nosuch' for json-file log driver"],
    ['local', { tag: 'x' }, "unknown log opt 'tag' for log driver local"],
    ['json-file', { mode: 'fast' }, 'logger: logging mode not supported: fast'],
    ['json-file', { 'max-buffer-size': '1m' }, "logger: max-buffer-size option is only supported with 'mode=non-blocking'"],
    ['json-file', { mode: 'non-blocking', 'max-buffer-size': 'much' }, /invalid size: 'much'$/],
  ] as const) {
    test(`${type} with ${JSON.stringify(config)} is refused`, () =>
      engine.answers('POST', '/containers/create', { body: { Image: engine.image, ...asked(type, config) }, status: 400, message }));
  }

  test('who attaches to no stream, or to a stdin that is closed, waits for nothing, and hears nothing', async () => {
    const id = await engine.run({ Cmd: ['sh', '-c', 'echo said; exec sleep 1000'] });
    await engine.logged(id, 'said');
    for (const query of [{ stream: 1 }, { stream: 1, stdin: 1 }, { stream: 1, logs: 1 }, { logs: 1 }] as Record<string, number>[]) {
      assert.equal((await engine.expect('POST', `/containers/${id}/attach`, { query, status: 200 })).text, '', JSON.stringify(query));
    }
  });
});
