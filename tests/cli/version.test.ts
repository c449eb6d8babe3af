import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { gantryProgram, startDaemon } from '../support/daemon.ts';
import { dockerClient } from '../support/docker-client.ts';
import { clientsFor, runProgram } from './clients.ts';

interface Part { GitCommit: string; BuildTime: string }

const isBuilt = gantryProgram().at(-1)!.endsWith('.js');
const commit = spawnSync('git', ['-C', import.meta.dirname, 'rev-parse', 'HEAD']).status === 0 ? /^[0-9a-f]{7,40}$/ : /^([0-9a-f]{7,40})?$/;

test('a built program says of which commit it is, and when it was built', { skip: isBuilt ? false : 'the sources run: they are not built' }, async () => {
  await using daemon = await startDaemon();
  const { json } = await daemon.request('GET', '/version');
  const engine = json as Part & { Components: { Name: string; Details: Part }[] };
  assert.match(engine.GitCommit, commit);
  assert.match(engine.BuildTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(Date.parse(engine.BuildTime) <= Date.now());
  const { GitCommit, BuildTime } = engine.Components.find(({ Name }) => Name === 'Engine')!.Details;
  assert.deepEqual({ GitCommit, BuildTime }, { GitCommit: engine.GitCommit, BuildTime: engine.BuildTime });

  const clients = clientsFor(daemon.host);
  const said = async (argv: string[]): Promise<string> => (await runProgram(argv)).stdout.toString();
  const both = `${engine.GitCommit} ${engine.BuildTime}\n`;
  assert.equal(await said([...clients.gantry, 'version', '--format', '{{.Client.GitCommit}} {{.Client.BuildTime}}']), both);
  for (const client of dockerClient === undefined ? [clients.gantry] : [clients.gantry, clients.docker]) {
    assert.equal(await said([...client, 'version', '--format', '{{.Server.GitCommit}} {{.Server.BuildTime}}']), both);
    const server = /^Server:[^]*/m.exec(await said([...client, 'version']))![0];
    if (engine.GitCommit !== '') assert.match(server, new RegExp(`^ +Git commit: +${engine.GitCommit}$`, 'm'));
    assert.match(server, new RegExp(`^ +Built: .* ${engine.BuildTime.slice(0, 4)}$`, 'm'));
  }
});
