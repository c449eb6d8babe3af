import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('a commit with changes', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });
  const made = (): Promise<string> => engine.create({ Cmd: ['true'], Env: ['PATH=/bin', 'SIDE=left'] });

  async function committed(changes: string): Promise<any> {
    const { json } = await engine.expect('POST', '/commit', { query: { container: await made(), changes }, status: 201 });
    const image = (await engine.expect('GET', `/images/${json.Id}/json`, { status: 200 })).json;
    await engine.expect('DELETE', `/images/${json.Id}`, { query: { force: '1' }, status: 200 });
    return image.Config;
  }

  test('knows the variables of the container, and those that it sets itself', async () => {
    const config = await committed(['ENV PATH=/opt/bin:$PATH', 'ENV NEXT=${SIDE}-hand NONE=${NOBODY:-nobody} RAW=\'$SIDE\'', 'LABEL side="the $SIDE"', 'WORKDIR /$NEXT', 'USER $NOBODY', 'EXPOSE $NOBODY 80'].join('\n'));
    assert.deepEqual(config.Env, ['PATH=/opt/bin:/bin', 'SIDE=left', 'NEXT=left-hand', 'NONE=nobody', 'RAW=$SIDE']);
    assert.deepEqual([config.Labels.side, config.WorkingDir, config.User ?? '', Object.keys(config.ExposedPorts)], ['the left', '/left-hand', '', ['80/tcp']]);
  });

  test('takes the old command from a new entry point, and leaves it where a list is empty', async () => {
    assert.deepEqual([(await committed('ENTRYPOINT ["echo"]')).Cmd ?? null, (await committed('CMD []')).Cmd], [null, ['true']]);
    assert.deepEqual((await committed('CMD ["x"]\nENTRYPOINT ["echo"]')).Cmd, ['x']);
  });

  test('passes over comments and joins lines', async () => {
    assert.deepEqual((await committed('# why\nENV A=1 \\\n  B=2\n')).Env, ['PATH=/bin', 'SIDE=left', 'A=1', 'B=2']);
  });

  for (const [change, message] of [
    ['STOPSIGNAL FOO', /invalid signal: FOO|stopsignal is not a valid change command/i],
    ['STOPSIGNAL $NOBODY', /invalid signal: |stopsignal is not a valid change command/i],
    ['VOLUME [""]', 'VOLUME specified can not be an empty string'],
    ['VOLUME []', 'VOLUME requires at least one argument'],
    ['WORKDIR', 'WORKDIR requires exactly one argument'],
    ['EXPOSE 80/ipx', 'Invalid proto: ipx'],
    ['EXPOSE web', /Invalid containerPort: web/],
    ['ENV A="b', /unexpected end of statement while looking for matching double-quote/],
    ['HEALTHCHECK NONE x', 'HEALTHCHECK NONE takes no arguments'],
    ['RUN true', /run is not a valid change command/i],
    ['# nothing', 'file with no instructions'],
  ] as const) {
    test(`is refused with ${change}`, async () => {
      await engine.answers('POST', '/commit', { query: { container: await made(), changes: change }, status: [400, 500], message });
    });
  }
});
