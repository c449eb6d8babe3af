import { spawn } from 'node:child_process';
import { GantryError } from '../../base/errors.ts';
import type { Credentials } from './credentials.ts';

/** Asks `docker-credential-<name>`. Undefined when it knows nothing of the registry. https://github.com/docker/docker-credential-helpers */
export async function askHelper(name: string, registry: string): Promise<Credentials | undefined> {
  const { code, output } = await callHelper(name, 'get', registry);
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined;
    throw new GantryError('unavailable', `error getting credentials - err: exit status ${code}, out: \`${output.trim()}\``);
  }
  const { Username: username, Secret: secret } = JSON.parse(output) as { Username: string; Secret: string };
  return username === '<token>' ? { serveraddress: registry, identitytoken: secret } : { serveraddress: registry, username, password: secret };
}

export async function callHelper(name: string, action: 'get' | 'store' | 'erase', input: string): Promise<{ code: number; output: string }> {
  const child = spawn(`docker-credential-${name}`, [action], { stdio: ['pipe', 'pipe', 'inherit'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(new GantryError('unavailable', `the credential helper docker-credential-${name} cannot be run: ${error.message}`, { cause: error })));
    child.once('close', (status) => resolve(status ?? 1));
  });
  return { code, output: Buffer.concat(output).toString('utf8') };
}
