import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gantryProgram, startDaemon, withoutTestContext, type TestDaemon } from '../../support/daemon.ts';
import { withoutDockerClient } from '../../support/docker-client.ts';
import { startFake } from '../registry/support.ts';

const run = promisify(execFile);
const found = [
  { name: 'me/thing', description: '', star_count: 3, is_official: false },
  { name: 'whale', description: 'two\nlines, 日本語日本語日本語日本語日本語日本語, and \u001b[31mmore of them', star_count: 70, is_official: true },
];
const whole = 'two lines, 日本語日本語日本語日本語日本語日本語, and  [31mmore of them';

for (const name of ['docker', 'gantry'] as const) {
  const skip = name === 'docker' && withoutDockerClient;
  describe(`${name} search`, { skip }, () => {
    const stack = new AsyncDisposableStack();
    let daemon: TestDaemon;
    let host: string;
    let asked: string[];

    before(async () => {
      const registry = stack.use(await startFake((request, response) => {
        if (!request.url!.startsWith('/v1/search')) return void response.writeHead(404).end();
        asked.push(request.url!);
        response.end(JSON.stringify({ results: found }));
      }));
      host = registry.host;
      daemon = stack.use(await startDaemon());
    });
    after(() => stack.disposeAsync());

    const search = async (...args: string[]): Promise<{ stdout: string; stderr: string }> => {
      asked = [];
      const [program = '', ...first] = name === 'docker' ? ['docker'] : gantryProgram();
      return await run(program, [...first, '--host', daemon.host, 'search', ...args, `${host}/a`], { env: withoutTestContext() });
    };

    it('shows what is found in the order of the registry, cut to the cells of a terminal, and no escape of a stranger', async () => {
      assert.equal((await search()).stdout, [
        'NAME       DESCRIPTION                                    STARS     OFFICIAL',
        'me/thing                                                  3         ',
        'whale      two lines, 日本語日本語日本語日本語日本語日…   70        [OK]',
      ].join('\n') + '\n');
      assert.equal((await search('--no-trunc', '--format', '{{.Description}}')).stdout, `\n${whole}\n`);
    });
    it('asks for as many as are wanted, and shows those that fit', async () => {
      assert.equal((await search('--limit', '1', '--format', '{{.Name}} {{.IsOfficial}}')).stdout, 'me/thing \n');
      assert.deepEqual(asked, ['/v1/search?q=a&n=1']);
      assert.equal((await search('--filter', 'stars=4', '--format', '{{.Name}}')).stdout, 'whale\n');
      assert.equal((await search('--filter', 'is-official=false', '--format', '{{.Name}}')).stdout, 'me/thing\n');
      assert.match((await search('--filter', 'is-automated=true')).stderr, /^WARNING: the "is-automated" filter is deprecated/);
    });
    it('writes rows as JSON', async () => {
      for (const format of ['json', '{{json .}}']) {
        assert.equal((await search('--filter', 'is-official=false', '--format', format)).stdout, '{"Description":"","IsOfficial":"false","Name":"me/thing","StarCount":"3"}\n');
      }
    });
    const refused: [args: string[], message: RegExp][] = [
      [['--limit', '101'], /limit 101 is outside the range of \[1, 100\]/], [['--filter', 'stars=many'], /invalid filter 'stars=many'/], [['--filter', 'color=red'], /invalid filter 'color'/],
      [['--format', '{{.Colour}}'], /can't evaluate field Colour/],
    ];
    for (const [args, message] of refused) it(`refuses ${args.join(' ')}`, () => assert.rejects(search(...args), message));
  });
}
