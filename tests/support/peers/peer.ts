import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { request } from '../http.ts';
import { unpackPackages } from './packages.ts';

export type PeerName = 'docker' | 'podman';

export interface PeerOptions {
  /** Which iptables the peer finds. docker.io 20.10 is faster with `legacy`, where the kernel has it. */
  iptables?: 'nft' | 'legacy';
  /** More arguments of its daemon. */
  args?: string[];
}

const startLimitMs = 30_000;
const packages: Record<PeerName, string[]> = {
  docker: ['docker.io', 'containerd', 'runc', 'iptables', 'iproute2', 'tini'],
  podman: ['podman', 'conmon', 'crun', 'containernetworking-plugins', 'golang-github-containers-common', 'iptables', 'iproute2', 'tini'],
};

/** Another engine, running in mount, network and pid namespaces of its own; all of it ends with `stop()`. */
export class Peer implements AsyncDisposable {
  readonly name: PeerName;
  readonly folder: string;
  readonly packages: string;
  /** Of its Docker-compatible API. */
  readonly socketPath: string;
  readonly #child: ChildProcess;

  constructor(name: PeerName, paths: { folder: string; packages: string }, child: ChildProcess) {
    this.name = name;
    this.folder = paths.folder;
    this.packages = paths.packages;
    this.socketPath = join(paths.folder, 'shared', `${name}.sock`);
    this.#child = child;
  }

  get log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its processes as this host sees them, the wrapper excluded: the daemon, shims, containers. */
  processes(): { pid: number; command: string }[] {
    const children = new Map<number, number[]>();
    const commands = new Map<number, string>();
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        commands.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
        children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
      } catch {
        continue; // ended while we looked
      }
    }
    const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
    return below(this.#child.pid ?? -1).map((pid) => ({ pid, command: commands.get(pid) ?? '' })).filter(({ command }) => !command.startsWith('tini'));
  }

  async stop(): Promise<void> {
    if (!this.ended) {
      const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
      // tini is the first process of the pid namespace: with it the kernel ends every other one. unshare takes it along.
      this.#child.kill('SIGKILL');
      await ended;
    }
    await this.#lastProcessGone();
    removeCgroups('/sys/fs/cgroup', cgroupName(this.folder));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #lastProcessGone(): Promise<void> {
    for (let patience = 0; patience < 100; patience++) {
      const namespaceAlive = readdirSync('/proc').some((name) => {
        try {
          return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(this.folder);
        } catch {
          return false; // ended while we looked
        }
      });
      if (!namespaceAlive) return;
      await setTimeout(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Starts Debian's docker.io or podman and waits for its API. @throws when its packages cannot be had or it does not start here */
export async function startPeer(name: PeerName, options: PeerOptions = {}): Promise<Peer> {
  const unpacked = unpackPackages(name, packages[name]);
  const folder = mkdtempSync(join(tmpdir(), `gantry-peer-${name}-`));
  if (name === 'podman') writePodmanConfig(folder);
  const log = openSync(join(folder, 'log'), 'a');
  const child = spawn('unshare', [
    '--mount', '--net', '--pid', '--fork', '--kill-child', 'sh', join(import.meta.dirname, 'enter.sh'),
    unpacked, folder, options.iptables ?? 'nft', ...commandOf(name, folder), ...(options.args ?? []),
  ], { stdio: ['ignore', log, log] });
  closeSync(log);
  const peer = new Peer(name, { folder, packages: unpacked }, child);
  try {
    await answers(peer);
  } catch (error) {
    await peer.stop();
    throw error;
  }
  return peer;
}

function commandOf(name: PeerName, folder: string): string[] {
  if (name === 'podman') {
    return ['env', 'CONTAINERS_CONF=/shared/containers.conf', 'podman', '--root', '/state/storage', '--runroot', '/run/containers/storage',
      '--cgroup-manager', 'cgroupfs', '--events-backend', 'file', 'system', 'service', '--time', '0', 'unix:///shared/podman.sock'];
  }
  return ['dockerd', '--host', 'unix:///shared/docker.sock', '--data-root', '/state/docker', '--exec-root', '/run/docker',
    '--pidfile', '/run/docker.pid', '--cgroup-parent', `/${cgroupName(folder)}`];
}

function writePodmanConfig(folder: string): void {
  mkdirSync(join(folder, 'shared'), { recursive: true });
  writeFileSync(join(folder, 'shared/containers.conf'), [
    '[containers]', 'default_ulimits = ["nofile=20000:20000","nproc=32768:32768"]', `cgroups = "enabled"`, '[engine]', 'runtime = "crun"', '',
  ].join('\n'));
}

function cgroupName(folder: string): string {
  return basename(folder);
}

async function answers(peer: Peer): Promise<void> {
  const deadline = performance.now() + startLimitMs;
  for (;;) {
    if (await request(peer.socketPath, 'GET', '/_ping').then(({ status }) => status === 200, () => false)) return;
    if (peer.ended || performance.now() > deadline) throw new Error(`${peer.name} does not start here; its log:\n${peer.log.split('\n').slice(-15).join('\n')}`);
    await setTimeout(50);
  }
}

/** A killed engine leaves its control groups. */
function removeCgroups(folder: string, name: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    if (entry.name === name) removeTree(join(folder, entry.name));
    else if (folder === '/sys/fs/cgroup') removeCgroups(join(folder, entry.name), name);
  }
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(folder, entry.name));
  rmdirSync(folder);
}
