import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { GantryError } from '../../base/errors.ts';
import { atMost, define } from '../command.ts';
import { configDirectory } from '../connection/config-file.ts';
import { updateConfig } from '../connection/update-config.ts';
import type { Context } from '../context.ts';
import { bool, text } from '../grammar/flag.ts';
import { callHelper } from './helper.ts';
import type { Credentials } from './credentials.ts';

export const dockerHub = 'https://index.docker.io/v1/';

export const command = define({
  usage: '[OPTIONS] [SERVER]',
  flags: {
    password: text('Password or Personal Access Token (PAT)', { short: 'p' }),
    'password-stdin': bool('Take the Password or Personal Access Token (PAT) from stdin'),
    username: text('Username', { short: 'u' }),
  },
  arity: atMost(1),
  examples: [['With a token from a file', 'gantry login -u me --password-stdin registry.example.com < token']],
  async run({ context, flags, given, args }) {
    const registry = args[0] === undefined ? dockerHub : args[0].replace(/^https?:\/\//, '').replace(/\/$/, '');
    if (given.has('password')) context.warn('WARNING! Using --password via the CLI is insecure. Use --password-stdin.');
    if (given.has('password') && flags['password-stdin']) throw new GantryError('invalid', 'conflicting options: cannot specify both --password and --password-stdin');
    if (flags['password-stdin'] && flags.username === '') throw new GantryError('invalid', 'the --password-stdin option requires --username to be set');
    const username = flags.username || await ask(context, 'Username: ', true);
    const password = flags['password-stdin'] ? await readAll(context) : flags.password || await ask(context, 'Password: ', false);
    if (username === '' || password === '') throw new GantryError('invalid', 'username and password must be set');
    const credentials: Credentials = { username, password, serveraddress: registry };
    const answer = await context.api.json<{ Status?: string; IdentityToken?: string }>({ method: 'POST', path: '/auth', json: credentials });
    await keep(context, registry, answer.IdentityToken ? { ...credentials, identitytoken: answer.IdentityToken } : credentials);
    context.print(answer.Status ?? 'Login Succeeded');
  },
});

async function keep(context: Context, registry: string, credentials: Credentials): Promise<void> {
  const helper = context.config.credHelpers?.[registry] ?? context.config.credsStore;
  const { username = '', password = '', identitytoken: token } = credentials;
  if (helper) {
    const { code, output } = await callHelper(helper, 'store', JSON.stringify({ ServerURL: registry, Username: token === undefined ? username : '<token>', Secret: token ?? password }));
    if (code !== 0) throw new GantryError('unavailable', `error storing credentials - err: exit status ${code}, out: \`${output.trim()}\``);
    return;
  }
  const auth = Buffer.from(`${username}:${token === undefined ? password : ''}`).toString('base64');
  await updateConfig(configDirectory(context.env, context.globals.config), (config) => ({
    ...config, auths: { ...(config['auths'] as object | undefined), [registry]: { auth, ...(token === undefined ? {} : { identitytoken: token }) } },
  }));
  context.warn(`WARNING! Your credentials are stored unencrypted in '${configDirectory(context.env, context.globals.config)}/config.json'.`);
}

async function ask(context: Context, prompt: string, echo: boolean): Promise<string> {
  if (!context.stdin.isTTY) throw new GantryError('invalid', 'cannot perform an interactive login from a non TTY device', { hint: 'Use --username with --password-stdin.' });
  context.stdout.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: context.stdin, output: echo ? context.stdout : silent, terminal: true });
  const answer = await lines.question('');
  lines.close();
  if (!echo) context.stdout.write('\n');
  return answer.trim();
}

async function readAll(context: Context): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of context.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8').replace(/\r?\n$/, '');
}
