import { GantryError, hasKind, messageOf } from '../../base/errors.ts';
import { atMost, define } from '../command.ts';
import { configDirectory } from '../connection/config-file.ts';
import { updateConfig } from '../connection/update-config.ts';
import type { Context } from '../context.ts';
import { bool, text } from '../grammar/flag.ts';
import { ask, askSecretly } from '../streams/prompt.ts';
import { credentialsFor, helperOf } from './credentials.ts';
import type { Credentials } from './encode-auth.ts';
import { tellHelper } from './helper.ts';
import { dockerHub, hostnameOf } from './server-address.ts';

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
    const [server = 'docker.io'] = args;
    const registry = server === 'docker.io' ? dockerHub : hostnameOf(server);
    if (given.has('password') && flags['password-stdin']) throw new GantryError('invalid', 'conflicting options: cannot specify both --password and --password-stdin');
    if (flags['password-stdin'] && !given.has('username')) throw new GantryError('invalid', 'the --password-stdin option requires --username to be set');
    for (const name of ['username', 'password'] as const) if (given.has(name) && flags[name] === '') throw new GantryError('invalid', `${name} is empty`);
    if (given.has('password')) context.warn('WARNING! Using --password via the CLI is insecure. Use --password-stdin.');
    const isAsked = flags.username === '' && flags.password === '';
    if (isAsked && await withStored(context, registry)) return;
    if (flags.username === '') checkTerminal(context);
    const username = flags.username || await ask(context, 'Username: ');
    const known = flags['password-stdin'] ? await readAll(context) : flags.password;
    if (known === '') checkTerminal(context);
    const password = known || await askSecretly(context, 'Password: ');
    if (username === '' || password === '') throw new GantryError('invalid', 'username and password must be set');
    const credentials: Credentials = { username, password, serveraddress: registry };
    const answer = await check(context, credentials);
    await keep(context, registry, answer.IdentityToken ? { ...credentials, identitytoken: answer.IdentityToken } : credentials);
    context.print(answer.Status ?? 'Login Succeeded');
  },
});

async function check(context: Context, credentials: Credentials): Promise<{ Status?: string; IdentityToken?: string }> {
  return await context.api.json({ method: 'POST', path: '/auth', json: credentials });
}

/** With what an earlier login left. False when there is nothing, or it is good for nothing any more. */
async function withStored(context: Context, registry: string): Promise<boolean> {
  const stored = await credentialsFor(context, registry);
  if (stored === undefined || (stored.identitytoken === undefined && (!stored.username || !stored.password))) return false;
  context.warn(`Authenticating with existing credentials...${stored.username ? ` [Username: ${stored.username}]` : ''}`);
  try {
    const answer = await check(context, stored);
    context.warn("\n Info -> To login with a different account, run 'gantry logout' followed by 'gantry login'\n");
    context.print(answer.Status ?? 'Login Succeeded');
    return true;
  } catch (error) {
    context.warn(hasKind(error, 'unauthorized') ? 'Stored credentials invalid or expired' : `Login did not succeed, error: ${messageOf(error)}`);
    return false;
  }
}

async function keep(context: Context, registry: string, credentials: Credentials): Promise<void> {
  const directory = configDirectory(context.env, context.globals.config);
  const helper = helperOf(context, registry);
  const { username = '', password = '', identitytoken: token } = credentials;
  const auth = Buffer.from(`${username}:${token === undefined ? password : ''}`).toString('base64');
  if (helper !== undefined) {
    await tellHelper(helper, credentials).catch((error: unknown) => {
      throw new GantryError('unavailable', `Error saving credentials: ${messageOf(error)}`, { cause: error });
    });
  }
  // Beside a helper the name alone: other programs look here for whom there are credentials.
  const entry = helper === undefined ? { auth, ...(token === undefined ? {} : { identitytoken: token }) } : {};
  await updateConfig(directory, (config) => ({ ...config, auths: { ...(config['auths'] as object | undefined), [registry]: entry } }));
  if (helper !== undefined) return;
  context.warn(`\nWARNING! Your credentials are stored unencrypted in '${directory}/config.json'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n`);
}

function checkTerminal({ stdin }: Context): void {
  if (!stdin.isTTY) throw new GantryError('invalid', 'Error: Cannot perform an interactive login from a non TTY device', { hint: 'Use --username with --password-stdin.' });
}

async function readAll(context: Context): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of context.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8').replace(/\r?\n$/, '');
}
