import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gantryProgram } from '../support/daemon.ts';
import { withoutDockerClient } from '../support/docker-client.ts';
import { runProgram, type Outcome } from './clients.ts';
import { lines, words } from './words.ts';

/** One session a line, in this order: both clients keep the same contexts, in the same files, and say the same. */
const session = lines(`
context ls
context show
context inspect
context create aa --docker host=unix:///x --description hi
context create tt --docker host=tcp://h:2376,ca=ca.pem,cert=cert.pem,key=key.pem
context create ss --docker host=tcp://h:2376,skip-tls-verify=true
context create b1 --docker foo=bar
context create b3 --docker host=tcp://h:1,ca=/none
context create b4 --docker from=aa
context create bc --docker host=tcp://h:1,ca=none.pem
context create b5 --docker ca=ca.pem
context create b6 --docker host=ssh://u@h
context create b7
context create b8 --docker from=nosuch
context create b9 --docker host
context create fr --from tt
context create f2 --from nosuch
context create aa
context create a
context create default
context create tx --docker host=tcp://h:2376,ca=ca.pem,skip-tls-verify=maybe
context ls
context ls -q
context ls --format json
context inspect tt
context inspect ss -f {{.Endpoints.docker.SkipTLSVerify}}
context inspect nosuch
context inspect aa nosuch
context export tt
context export tt
context export tt out/tt.tar
context export aa aa.tar
context export nosuch
context update aa --description new
context update tt --docker host=tcp://z:1
context update nosuch --description x
context update default --description x
context update aa --docker foo=bar
context update
context inspect tt
context inspect aa
context import i1 aa.tar
context import i1 aa.tar
context import i2 tt.dockercontext
context import i3 /none
context import default aa.tar
context inspect i1
context inspect i2
context use i1
context show
context inspect
context ls
context use nosuch
context use default
context show
context use i1
context rm i1
context rm default
context rm nosuch
context rm b6 nosuch
context rm -f i1
context show
--context nosuch ps
--context aa -H unix:///x ps
--context aa context show
--context aa context ls
-c aa ps
DOCKER_CONTEXT=aa context show
DOCKER_CONTEXT=nosuch context ls
DOCKER_HOST=unix:///y context ls
DOCKER_HOST=unix:///y context ls -q
DOCKER_HOST=unix:///y context use aa
DOCKER_HOST=unix:///y context show
`);

describe('contexts', { skip: withoutDockerClient }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-contexts-'));
    for (const client of ['docker', 'gantry']) {
      mkdirSync(join(directory, client, 'out'), { recursive: true });
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-subj', '/CN=x', '-days', '2'], { cwd: join(directory, client), stdio: 'ignore' });
      cpSync(join(directory, client, 'cert.pem'), join(directory, client, 'ca.pem'));
      writeFileSync(join(directory, client, 'none.pem'), 'nothing\n');
    }
  });
  after(() => { rmSync(directory, { recursive: true, force: true }); });

  for (const line of session) {
    test(line, async () => {
      const [theirs, ours] = await Promise.all([at('docker', ['docker'], line), at('gantry', gantryProgram(), line)]);
      assert.deepEqual(ours, theirs);
    });
  }

  test('the same files are left, and keys are for their owner alone', () => {
    assert.deepEqual(files('gantry'), files('docker'));
    assert.equal(statSync(join(directory, 'gantry/tt.dockercontext')).mode & 0o777, 0o600);
  });

  async function at(home: string, client: readonly string[], line: string): Promise<object> {
    const cwd = join(directory, home);
    const [, name, value, rest] = /^(?:(DOCKER_\w+)=(\S+) )?(.*)$/.exec(line) ?? [];
    const env = { PATH: process.env['PATH'], HOME: cwd, ...(name === undefined ? {} : { [name]: value }) };
    return shown(await runProgram([...client, ...words(rest ?? '')], { cwd, env }), cwd);
  }

  /** Apart from where things lie, the program's name, its socket, and the hints that only ours gives. */
  function shown({ code, stdout, stderr }: Outcome, cwd: string): object {
    const ours = (text: string): string => text.replaceAll(cwd, '').replaceAll('docker', 'gantry').replaceAll('Docker', 'Gantry')
      .replaceAll('/var/run/gantry.sock', '/run/gantry/gantry.sock').replace(/^Choose another with --context.*\n/m, '').replace(/^Failed to initialize: unable to resolve gantry endpoint: /m, '');
    // Columns are as wide as the longest cell, and the addresses differ in length.
    return { code, stdout: ours(stdout.toString()).replaceAll('\\u003c', '<').replaceAll('\\u003e', '>').replace(/ +/g, ' '), stderr: ours(stderr) };
  }

  /** Every file of a configuration, with what it holds; our config.json is our own business. */
  function files(client: string): [string, string][] {
    const root = join(directory, client, '.docker/contexts');
    return readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry): [string, string] => {
      const path = join(entry.parentPath, entry.name);
      return [`${path.slice(root.length)} ${(statSync(path).mode & 0o777).toString(8)}`, path.endsWith('.pem') ? 'a certificate or key' : readFileSync(path, 'utf8').replace('/var/run/docker.sock', '/run/gantry/gantry.sock')];
    }).sort(([left], [right]) => (left < right ? -1 : 1));
  }
});
