import { spawn } from 'node:child_process';
import { errnoOf, GantryError, messageOf } from '../../base/errors.ts';
import type { Credentials } from './encode-auth.ts';

const doing = { get: 'getting', store: 'storing', erase: 'erasing' } as const;
const notFound = /credentials not found/i;

/** Asks `docker-credential-<name>`. Undefined when it knows nothing of the registry. https://github.com/docker/docker-credential-helpers */
export async function askHelper(name: string, registry: string): Promise<Credentials | undefined> {
  const { isAbsent, output } = await run(name, 'get', registry);
  if (isAbsent) return undefined;
  let found: { Username?: unknown; Secret?: unknown };
  try {
    found = JSON.parse(output) as typeof found;
  } catch (error) {
    throw failure('get', messageOf(error), output);
  }
  const [username, secret] = [String(found.Username ?? ''), String(found.Secret ?? '')];
  return username === '<token>' ? { serveraddress: registry, identitytoken: secret } : { serveraddress: registry, username, password: secret };
}

export async function tellHelper(name: string, { username = '', password = '', identitytoken: token, serveraddress }: Credentials): Promise<void> {
  await run(name, 'store', JSON.stringify({ ServerURL: serveraddress, Username: token === undefined ? username : '<token>', Secret: token ?? password }));
}

/** Of a registry that it does not know nothing needs to be erased. */
export async function eraseFromHelper(name: string, registry: string): Promise<void> {
  await run(name, 'erase', registry);
}

/** @throws unavailable with Docker's sentence when the program fails, or is not there */
async function run(name: string, action: keyof typeof doing, input: string): Promise<{ isAbsent: boolean; output: string }> {
  const program = `docker-credential-${name}`;
  const child = spawn(program, [action], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(failure(action, errnoOf(error) === 'ENOENT' ? `exec: ${JSON.stringify(program)}: executable file not found in $PATH` : messageOf(error), '')));
    child.once('close', (status) => resolve(status ?? 1));
  });
  const output = Buffer.concat(chunks).toString('utf8');
  if (code === 0) return { isAbsent: false, output };
  if (action !== 'store' && notFound.test(output)) return { isAbsent: true, output };
  throw failure(action, `exit status ${code}`, output);
}

function failure(action: keyof typeof doing, why: string, output: string): GantryError {
  return new GantryError('unavailable', `error ${doing[action]} credentials - err: ${why}, out: \`${output.trim()}\``);
}
