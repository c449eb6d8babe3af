import { spawnSync } from 'node:child_process';

/**
 * Firewall tables as another tool makes and reads them, in the network namespace of this thread.
 * @throws Error with nft's own words
 */
export function nft(commands: string): string {
  const { status, stdout, stderr } = spawnSync('nft', ['-f', '-'], { input: `${commands}\n`, encoding: 'utf8' });
  if (status !== 0) throw new Error(`nft: ${stderr}`);
  return stdout;
}
