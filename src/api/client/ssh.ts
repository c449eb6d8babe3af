import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

/** What the other machine's shell runs: whichever engine it has passes its socket through. */
const remoteCommand = 'if command -v gantry >/dev/null 2>&1; then exec gantry system dial-stdio; else exec docker system dial-stdio; fi';

/** A byte stream through `ssh`, for addresses such as `ssh://user@host:22`. Ends when either side ends. */
export async function dialSsh(target: string): Promise<Duplex> {
  const url = new URL(target);
  const argv = [
    ...(url.username === '' ? [] : ['-l', decodeURIComponent(url.username)]),
    ...(url.port === '' ? [] : ['-p', url.port]),
    '-o', 'ConnectTimeout=30', '-T', '--', url.hostname, remoteCommand,
  ];
  const child = spawn('ssh', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  stream.once('close', () => child.kill());
  return stream;
}
