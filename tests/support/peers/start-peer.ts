import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const cache = join(here, '../../../.cache/peers');

export type PeerName = 'docker' | 'docker-28' | 'docker-28-containerd' | 'podman';

export interface Peer {
  name: PeerName;
  /** Speaks the Docker API, reachable from the machine. */
  socketPath: string;
  /** The pids of the engine as this machine sees them: daemon, shims and monitors, and the processes of its containers. */
  pids(): number[];
  /** A prefix for commands that run inside the peer's namespaces and root, e.g. its own `podman`. */
  enter: string[];
  stop(): Promise<void>;
}

interface PeerRoot {
  /** Below the peers' cache. */
  folder: string;
  suite: string;
  packages: string[];
}

/** Debian bookworm: docker.io 20.10, podman 4.3. */
const stable: PeerRoot = {
  folder: 'root', suite: 'bookworm',
  packages: ['docker.io', 'podman', 'crun', 'runc', 'iptables', 'iproute2', 'procps', 'ca-certificates', 'tini', 'containernetworking-plugins', 'netavark', 'aardvark-dns'],
};
/** Debian sid, whose mirror here stands still: docker.io 28.5 (API 1.51) and its plugins, and newer foreign clients of a registry. */
const newest: PeerRoot = {
  folder: 'root-sid', suite: 'sid',
  packages: [
    'docker.io', 'docker-cli', 'docker-compose', 'docker-buildx', 'containerd', 'runc', 'crun', 'podman', 'skopeo', 'umoci', 'crane', 'oras', 'iptables', 'nftables', 'iproute2',
    'procps', 'kmod', 'curl', 'ca-certificates', 'tini',
  ],
};
const roots: Record<PeerName, PeerRoot> = { docker: stable, 'docker-28': newest, 'docker-28-containerd': newest, podman: stable };

const dockerd = ['/usr/sbin/dockerd', '-H', 'unix:///shared/api.sock', '--data-root', '/var/lib/docker', '--exec-root', '/run/docker'];
const commands: Record<PeerName, string[]> = {
  docker: dockerd,
  'docker-28': dockerd,
  // Images in containerd's store: indexes are kept whole, and an image is known by the digest of its manifest or index.
  'docker-28-containerd': [...dockerd, '--feature', 'containerd-snapshotter=true'],
  podman: ['/usr/bin/podman', '--cgroup-manager=cgroupfs', '--runtime=crun', 'system', 'service', '--time=0', 'unix:///shared/api.sock'],
};

/** Whether a peer's root is there already: making it takes half a minute and the network. */
export function peersAreMade(name: PeerName = 'docker'): boolean {
  return existsSync(join(cache, roots[name].folder));
}

/** Makes the root of a peer, once for each machine: about half a minute. */
export function preparePeers(name: PeerName = 'docker'): string {
  const { folder, suite, packages } = roots[name];
  const root = join(cache, folder);
  if (existsSync(root)) return root;
  const making = join(cache, `${folder}.${process.pid}`);
  mkdirSync(cache, { recursive: true });
  const options = ['--variant=minbase', '--aptopt=Acquire::Check-Valid-Until "false"', `--include=${packages.join(',')}`];
  const { status, stderr } = spawnSync('mmdebstrap', [...options, suite, making, `deb http://deb.debian.org/debian ${suite} main`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mmdebstrap could not make the peers' root: ${stderr.slice(-500)}`);
  renameSync(making, root);
  return root;
}

/**
 * Starts a peer's daemon in mount and network namespaces of its own, so that it touches neither the machine's firewall nor its mounts.
 * Its data is new each time and goes with `stop`.
 */
export async function startPeer(name: PeerName): Promise<Peer> {
  const root = preparePeers(name);
  const work = mkdtempSync(join(cache, `${name}-`));
  const log = openSync(join(work, 'log'), 'w');
  const daemon = spawn('unshare', ['--mount', '--net', '--pid', '--fork', '--kill-child', '/bin/sh', join(here, 'enter.sh'), work, root, ...commands[name]], { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const socketPath = join(work, 'shared/api.sock');
  const peer: Peer = {
    name, socketPath, pids: () => descendants(daemon.pid!),
    enter: ['nsenter', `--mount=/proc/${daemon.pid}/ns/mnt`, `--net=/proc/${daemon.pid}/ns/net`, `--pid=/proc/${daemon.pid}/ns/pid_for_children`, `--root=/proc/${daemon.pid}/root`, `--wd=/proc/${daemon.pid}/root`],
    stop: () => stop(daemon, work),
  };
  for (let tries = 0; tries < 1200; tries++) {
    if (await answers(socketPath)) return peer;
    if (daemon.exitCode !== null) break;
    await delay(100);
  }
  const said = readFileSync(join(work, 'log'), 'utf8').slice(-2000);
  await peer.stop();
  throw new Error(`${name} did not answer on its socket:\n${said}`);
}

function answers(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection(socketPath, () => {
    socket.write('GET /_ping HTTP/1.1\r\nHost: peer\r\nConnection: close\r\n\r\n');
  });
  socket.on('data', (bytes) => resolve(bytes.includes('200 OK')));
  socket.on('error', () => resolve(false));
  socket.on('close', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** Ends the daemon with all that it runs (killing the pid namespace's first process ends the rest), then removes its data. */
async function stop(daemon: ChildProcess, work: string): Promise<void> {
  const gone = daemon.exitCode !== null ? Promise.resolve() : new Promise<void>((resolve) => daemon.once('exit', () => resolve()));
  const members = descendants(daemon.pid!);
  daemon.kill('SIGKILL');
  await gone;
  while (members.some((pid) => existsSync(`/proc/${pid}`))) await delay(20);
  for (const cgroup of globSync('/sys/fs/cgroup/{*/,}{docker,libpod_parent}')) removeCgroup(cgroup);
  for (let tries = 0; tries < 50; tries++) {
    try {
      rmSync(work, { recursive: true, force: true });
      return;
    } catch {
      await delay(100);
    }
  }
}

/** Removes an empty cgroup and those below it; one that another engine still uses stays. */
function removeCgroup(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeCgroup(join(path, entry.name));
    rmdirSync(path);
  } catch {
    // In use, or gone already.
  }
}

function descendants(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = stdout.trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const found = new Set([pid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const [child, parent] of rows) {
      if (found.has(parent!) && !found.has(child!)) {
        found.add(child!);
        grown = true;
      }
    }
  }
  found.delete(pid);
  return [...found];
}
