import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = '/usr/bin/docker-registry';

/** Why a test skips; false where Debian's docker-registry can be started. */
export const missingDockerRegistry: string | false = existsSync(program) ? false : 'docker-registry is not installed';

export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  host: string;
}

/** Debian's docker-registry on a port of its own choice, in a folder of its own. It is ready when it says where it listens. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-docker-registry-'));
  const config = join(folder, 'config.yml');
  await writeFile(config, JSON.stringify({
    version: 0.1, log: { level: 'info', accesslog: { disabled: true } }, http: { addr: '127.0.0.1:0' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
  }));
  const child = spawn(program, ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const said: string[] = [];
  const host = await new Promise<string | undefined>((resolve) => {
    // Read to the end, or the registry would wait for somebody to take its words.
    createInterface({ input: child.stderr }).on('line', (line) => {
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
      said.push(line);
    }).once('close', () => resolve(undefined));
  });
  if (host !== undefined) return { host, [Symbol.asyncDispose]: stop };
  await stop();
  throw new Error(`docker-registry does not start:\n${said.join('\n')}`);
}
