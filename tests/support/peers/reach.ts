import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { couple } from '../couple.ts';
import type { Peer } from './start-peer.ts';

/**
 * Lets a peer, whose network is its own, reach a port of this machine's loopback at the same address. The bytes go through a unix socket,
 * which belongs to no network.
 */
export async function reachFromPeer(peer: Peer, host: string): Promise<AsyncDisposable> {
  const [address, port] = host.split(':') as [string, string];
  const folder = await mkdtemp(join(tmpdir(), 'gantry-reach-'));
  const path = join(folder, 'socket');
  const open = new Set<Socket>();
  const outside = createServer((socket) => couple(socket, connect(Number(port), address), open)).listen(path);
  const network = peer.enter.find((argument) => argument.startsWith('--net='))!;
  const inside = spawn('nsenter', [network, process.execPath, fileURLToPath(import.meta.url), path, address, port], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => inside.once('close', () => resolve()));
  const dispose = async (): Promise<void> => {
    inside.kill('SIGKILL');
    await ended;
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => outside.close(resolve));
    await rm(folder, { recursive: true, force: true });
  };
  const isListening = await new Promise<boolean>((resolve) => {
    createInterface({ input: inside.stdout }).once('line', () => resolve(true)).once('close', () => resolve(false));
  });
  if (isListening) return { [Symbol.asyncDispose]: dispose };
  await dispose();
  throw new Error(`cannot listen on ${host} in the network of ${peer.name}`);
}

/** In the peer's network: hands every connection to the unix socket. */
function listenInside([path, address, port]: string[]): void {
  const server = createServer((socket) => couple(socket, connect(path!)));
  server.listen(Number(port), address, () => console.log('listening'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) listenInside(process.argv.slice(2));
