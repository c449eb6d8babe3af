import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gantryProgram, startDaemon, withoutTestContext, type TestDaemon } from '../../support/daemon.ts';
import { dockerClient } from '../../support/docker-client.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startRegistry, type TestRegistry } from '../registry/support.ts';
import { startTokenFront } from './token-front.ts';

interface Ended { code: number | null; out: string; err: string }

/** Both keep to the same words where both have something to say. */
const clients: readonly ('docker' | 'gantry')[] = dockerClient === undefined ? ['gantry'] : ['docker', 'gantry'];

for (const name of clients) {
  describe(`credentials, as ${name} keeps them`, () => {
    const stack = new AsyncDisposableStack();
    let folder: string;
    let daemon: TestDaemon;
    let registry: TestRegistry;
    let home: string;
    let count = 0;

    before(async () => {
      folder = stack.use(await temporaryFolder()).path;
      await writeFile(join(folder, 'users'), 'alice:$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u\n');
      registry = stack.use(await startRegistry({ htpasswd: join(folder, 'users') }));
      daemon = stack.use(await startDaemon());
      assert.equal((await daemon.request('POST', '/images/create?fromImage=gantry/busybox&tag=latest')).status, 200);
      await mkdir(join(folder, 'bin'));
    });
    after(() => stack.disposeAsync());

    /** A configuration of its own. */
    const configure = async (config?: object): Promise<void> => {
      home = join(folder, `config-${count++}`);
      await mkdir(home);
      if (config !== undefined) await writeFile(join(home, 'config.json'), JSON.stringify(config));
    };
    const configured = async (): Promise<Record<string, unknown> & { auths?: Record<string, { auth?: string; identitytoken?: string }> }> => JSON.parse(await readFile(join(home, 'config.json'), 'utf8')) as never;

    const run = async (args: string[], input = ''): Promise<Ended> => {
      const [program = '', ...first] = name === 'docker' ? ['docker'] : gantryProgram();
      const child = spawn(program, [...first, '--config', home, '--host', daemon.host, ...args], { env: { ...withoutTestContext(), PATH: `${join(folder, 'bin')}:${process.env['PATH']}` } });
      const said = { out: '', err: '' };
      child.stdout.on('data', (chunk: Buffer) => { said.out += chunk.toString(); });
      child.stderr.on('data', (chunk: Buffer) => { said.err += chunk.toString(); });
      child.stdin.on('error', () => undefined).end(input);
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return { code, ...said };
    };
    const ok = async (...args: string[]): Promise<string> => {
      const { code, out, err } = await run(args);
      assert.equal(code, 0, err);
      return out;
    };
    const image = (host: string, tag = 'v1'): string => `${host}/a:${tag}`;
    const push = async (host: string): Promise<Ended> => {
      await ok('tag', 'gantry/busybox', image(host));
      return await run(['push', image(host)]);
    };

    it('let it push and pull between login and logout', async () => {
      await configure();
      assert.match((await push(registry.host)).err, /unauthorized/);
      const login = await run(['login', '-u', 'alice', '--password-stdin', registry.host], 'secret\n');
      assert.deepEqual([login.code, login.out], [0, 'Login Succeeded\n']);
      assert.match(login.err, /WARNING! Your credentials are stored unencrypted in/);
      assert.match((await push(registry.host)).out, /v1: digest: sha256/);
      assert.match(await ok('pull', image(registry.host)), /Status: /);
      assert.equal(await ok('logout', registry.host), `Removing login credentials for ${registry.host}\n`);
      assert.match((await run(['pull', image(registry.host)])).err, new RegExp(`pull access denied for ${registry.host}/a, repository does not exist or may require 'docker login': unauthorized`));
    });

    const refused: [what: string, args: string[], input: string, message: RegExp][] = [
      ['a wrong password', ['-u', 'alice', '--password-stdin'], 'wrong', /login attempt to http:\/\/127\.0\.0\.1:\d+\/v2\/ failed with status: 401 Unauthorized: unauthorized: authentication failed/],
      ['an unknown user', ['-u', 'bob', '-p', 'secret'], '', /WARNING! Using --password via the CLI is insecure\. Use --password-stdin\.\n.*unauthorized: authentication failed/],
      ['to ask where nobody can answer', [], '', /cannot perform an interactive login from a non TTY device/i],
      ['to ask for a password where nobody can answer', ['-u', 'alice'], '', /cannot perform an interactive login from a non TTY device/i],
      ['a name that is empty', ['-u', '', '-p', 'secret'], '', /^username is empty/],
      ['a password that is empty', ['-u', 'alice', '-p', ''], '', /^password is empty/],
      ['a password without a name', ['--password-stdin'], 'secret', /^the --password-stdin option requires --username to be set/],
      ['two passwords', ['-u', 'alice', '-p', 'x', '--password-stdin'], 'x', /^conflicting options: cannot specify both --password and --password-stdin/],
    ];
    for (const [what, args, input, message] of refused) {
      it(`refuses ${what}, and keeps nothing`, async () => {
        await configure();
        const { code, out, err } = await run(['login', ...args, registry.host], input);
        assert.deepEqual([code, out], [1, '']);
        assert.match(err, message);
        await assert.rejects(stat(join(home, 'config.json')), { code: 'ENOENT' });
      });
    }

    it('file credentials by the host, whatever way it is written', async () => {
      await configure();
      for (const address of [`http://${registry.host}`, `https://${registry.host}/v2/`, `${registry.host}/team`]) {
        assert.equal((await run(['login', '-u', 'alice', '--password-stdin', address], 'secret')).code, 0);
        assert.deepEqual(Object.keys((await configured()).auths ?? {}), [registry.host]);
        assert.equal(await ok('logout', address), `Removing login credentials for ${registry.host}\n`);
        assert.deepEqual((await configured()).auths ?? {}, {});
      }
    });

    it('keep the rest of config.json, and what it is a link to', async () => {
      await configure();
      await writeFile(join(home, 'elsewhere.json'), JSON.stringify({ psFormat: 'x', HttpHeaders: { a: 'b' }, unknown: [1], auths: { other: { auth: 'eDp5' } } }), { mode: 0o600 });
      await symlink('elsewhere.json', join(home, 'config.json'));
      await run(['login', '-u', 'alice', '--password-stdin', registry.host], 'secret');
      const { auths, psFormat, HttpHeaders } = await configured();
      assert.deepEqual([auths, psFormat, HttpHeaders], [{ other: { auth: 'eDp5' }, [registry.host]: { auth: Buffer.from('alice:secret').toString('base64') } }, 'x', { a: 'b' }]);
      assert.ok((await readFile(join(home, 'elsewhere.json'), 'utf8')).includes(registry.host));
      assert.equal((await stat(join(home, 'elsewhere.json'))).mode & 0o777, 0o600);
      await ok('logout', registry.host);
      assert.deepEqual((await configured()).auths, { other: { auth: 'eDp5' } });
    });

    it('are used again by a login that names nobody', async () => {
      await configure({ auths: { [registry.host]: { auth: Buffer.from('alice:secret').toString('base64') } } });
      const again = await run(['login', `http://${registry.host}/`]);
      assert.deepEqual([again.code, again.out], [0, 'Login Succeeded\n']);
      assert.match(again.err, /^Authenticating with existing credentials\.\.\. \[Username: alice\]\n\n Info -> To login with a different account, run '(docker|gantry) logout'/);
      await configure({ auths: { [registry.host]: { auth: Buffer.from('alice:old').toString('base64') } } });
      const invalid = await run(['login', registry.host]);
      assert.equal(invalid.code, 1);
      assert.match(invalid.err, /Stored credentials invalid or expired\n.*cannot perform an interactive login/is);
    });

    describe('in a helper', () => {
      /** A store in a file: what a keychain's program does. */
      const install = async (program: string): Promise<string> => {
        const store = join(folder, `${program}.store`);
        const path = join(folder, 'bin', `docker-credential-${program}`);
        await writeFile(path, `#!/bin/sh
echo "$1" >> ${store}.calls
input=$(cat)
case $1 in
  store) printf '%s' "$input" > ${store} ;;
  get) [ -e ${store} ] && exec cat ${store}; echo 'credentials not found in native keychain'; exit 1 ;;
  erase) [ -e ${store} ] && exec rm ${store}; echo 'credentials not found in native keychain'; exit 1 ;;
esac
`);
        await chmod(path, 0o755);
        return store;
      };

      for (const [what, config] of [['of all registries', () => ({ credsStore: 'all' })], ['of one', () => ({ credsStore: 'nosuch', credHelpers: { [registry.host]: 'all' } })]] as const) {
        it(`${what} are stored, got and erased, and nothing of them is in the file`, async () => {
          const store = await install('all');
          await configure(config());
          assert.equal((await run(['login', '-u', 'alice', '--password-stdin', registry.host], 'secret')).code, 0);
          assert.deepEqual(JSON.parse(await readFile(store, 'utf8')), { ServerURL: registry.host, Username: 'alice', Secret: 'secret' });
          assert.deepEqual((await configured()).auths, { [registry.host]: {} });
          assert.match((await push(registry.host)).out, /v1: digest: sha256/);
          assert.equal((await run(['login', registry.host])).out, 'Login Succeeded\n');
          await ok('logout', registry.host);
          await assert.rejects(stat(store), { code: 'ENOENT' });
          assert.deepEqual((await configured()).auths, {});
          await ok('logout', registry.host);
          assert.match((await push(registry.host)).err, /unauthorized|denied/);
        });
      }

      it('that is not installed: a login says so, a pull goes on as anybody, a logout ends well', async () => {
        await configure({ credsStore: 'nosuch' });
        const { code, err } = await run(['login', '-u', 'alice', '--password-stdin', registry.host], 'secret');
        assert.deepEqual([code, err], [1, 'Error saving credentials: error storing credentials - err: exec: "docker-credential-nosuch": executable file not found in $PATH, out: ``\n']);
        assert.match((await run(['pull', image(registry.host)])).err, /pull access denied/);
        assert.equal((await run(['logout', registry.host])).code, 0);
      });

      it('that fails says why', async () => {
        const path = join(folder, 'bin/docker-credential-broken');
        await writeFile(path, '#!/bin/sh\necho the keychain is locked\nexit 3\n');
        await chmod(path, 0o755);
        await configure({ credsStore: 'broken' });
        const { code, err } = await run(['login', '-u', 'alice', '--password-stdin', registry.host], 'secret');
        assert.deepEqual([code, err], [1, 'Error saving credentials: error storing credentials - err: exit status 3, out: `the keychain is locked`\n']);
      });
    });

    it('become an identity token where the token server gives one, which is shown by POST from then on', async () => {
      await using open = await startRegistry();
      await using front = await startTokenFront(open.host, { username: 'alice', password: 'secret' });
      await configure();
      assert.match((await run(['login', '-u', 'alice', '--password-stdin', front.host], 'wrong')).err, /incorrect username or password/);
      assert.equal((await run(['login', '-u', 'alice', '--password-stdin', front.host], 'secret')).out, 'Login Succeeded\n');
      assert.deepEqual((await configured()).auths![front.host], { auth: Buffer.from('alice:').toString('base64'), identitytoken: 'the-identity-token' });
      front.issued.length = 0;
      assert.match((await push(front.host)).out, /v1: digest: sha256/);
      assert.match(await ok('pull', image(front.host)), /Status: /);
      assert.ok(front.issued.length >= 2 && front.issued.every((one) => one.startsWith('refresh repository:a:')), front.issued.join('\n'));
    });
  });
}
