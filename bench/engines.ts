import { Agent, request as httpRequest } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon } from '../tests/support/daemon.ts';
import { startPeer, type PeerName } from '../tests/support/peers/start-peer.ts';

/** An engine under measurement: its API on a socket, its command line, and the processes that are its own cost. */
export interface Engine {
  name: string;
  version: string;
  api: Api;
  /** Argument vector of its command line; the image is loaded, the daemon is up. */
  cli(...args: string[]): string[];
  /** A prefix that starts a program in the engine's network namespace; empty for the machine's own. */
  network: string[];
  /** What its `pull` needs to do without TLS. */
  insecure: string[];
  /** Pids of the engine itself: daemons, shims, monitors; not of what runs in containers. */
  pids(): number[];
  stop(): Promise<void>;
}

export const image = 'localhost/bench:latest';
const repository = join(import.meta.dirname, '..');

/** Requests over one kept-alive connection at a time, as a client library makes them. */
export class Api {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** @throws when the engine answers with an error */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const payload = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
    return await new Promise((resolve, reject) => {
      const call = httpRequest({
        socketPath: this.#socketPath, agent: this.#agent, method, path: `/v1.41${path}`,
        headers: { 'content-type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json', 'content-length': payload.length },
      }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          if ((response.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${response.statusCode} ${text.trim()}`));
          else resolve(text.startsWith('{') && !text.includes('}\r\n{') && !text.includes('}\n{') ? JSON.parse(text) : text);
        });
      });
      call.once('error', reject);
      call.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

export async function startGantry(): Promise<Engine> {
  const daemon = await startDaemon();
  const api = new Api(daemon.socketPath);
  return {
    name: 'gantry',
    version: await versionOf(api),
    api,
    cli: (...args) => [join(repository, 'gantry'), '--host', daemon.host, ...args],
    network: [],
    insecure: [],
    pids: () => processes(({ command }) => command.includes(daemon.folder) && /^\S*node\S* /.test(command)),
    stop: async () => {
      api.close();
      await daemon.stop();
    },
  };
}

export async function startPeerEngine(name: PeerName): Promise<Engine> {
  const peer = await startPeer(name);
  const api = new Api(peer.socketPath);
  const own = /^(?:\S*\/)?(?:dockerd|containerd|containerd-shim\S*|docker-proxy|conmon|podman|aardvark-dns)(?: |$)/;
  return {
    name,
    version: await versionOf(api),
    api,
    cli: name === 'docker'
      ? (...args) => ['docker', '--host', `unix://${peer.socketPath}`, ...args]
      : (...args) => [...peer.enter, 'podman', '--cgroup-manager=cgroupfs', '--runtime=crun', ...args],
    network: ['nsenter', ...peer.enter.filter((word) => word.startsWith('--net='))],
    insecure: name === 'podman' ? ['--tls-verify=false'] : [],
    pids: () => {
      const members = new Set(peer.pids());
      return processes(({ pid, command }) => members.has(pid) && own.test(command));
    },
    stop: async () => {
      api.close();
      await peer.stop();
    },
  };
}

async function versionOf(api: Api): Promise<string> {
  return ((await api.call('GET', '/version')) as { Version: string }).Version;
}

function processes(wanted: (process: { pid: number; command: string }) => boolean): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return wanted({ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') });
    } catch {
      return false; // ended while we looked
    }
  });
}

/** Proportional set size of processes, in bytes: memory that would come back if they ended. */
export function pssBytes(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      return sum + 1024 * Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return sum; // ended while we looked
    }
  }, 0);
}
