import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { errnoOf } from '../../../base/errors.ts';
import { finding, ok, type Finding } from '../check.ts';

/** Whether a daemon answers at a socket. None is no fault: the first command starts one. */
export async function daemonFinding(socketPath: string): Promise<Finding> {
  if (!existsSync(socketPath)) return ok('daemon', `none at ${socketPath}; the first command of root starts one`);
  try {
    const version = await askVersion(socketPath);
    return ok('daemon', `answers at ${socketPath}, version ${version}`);
  } catch (error) {
    if (errnoOf(error) === 'EACCES') {
      return finding('daemon', 'warn', `this user may not use ${socketPath}`, 'Use sudo, or join the group that owns the socket.');
    }
    return finding('daemon', 'warn', `nothing answers at ${socketPath}`, "It was killed: the next command of root starts it again. Its log says why; 'gantry daemon' shows it.");
  }
}

async function askVersion(socketPath: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/version', timeout: 3000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => {
        const { Version } = JSON.parse(text) as { Version?: string };
        resolve(Version ?? 'unknown');
      });
    });
    call.once('timeout', () => call.destroy(new Error('no answer in 3 s')));
    call.once('error', reject);
    call.end();
  });
}
