/** `node tests/support/peers/conformance.ts [docker|docker-28|podman]`: runs tests/conformance against a peer, to see that the cases tell the truth. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { startPeer, type PeerName } from './start-peer.ts';

const name = (process.argv[2] ?? 'docker') as PeerName;
const archive = process.argv[3] ?? 'dist/embedded-image.tar';
const peer = await startPeer(name);
try {
  await load(peer.socketPath, archive);
  const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...globSync('tests/conformance/**/*.test.ts')], {
    stdio: 'inherit', env: { ...process.env, GANTRY_CONFORMANCE_SOCKET: peer.socketPath, GANTRY_CONFORMANCE_IMAGE: 'gantry/busybox:latest' },
  });
  process.exitCode = status ?? 1;
} finally {
  await peer.stop();
}

function load(socketPath: string, file: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const call = request({ socketPath, method: 'POST', path: '/v1.41/images/load', headers: { 'Content-Type': 'application/x-tar' } }, (response) => {
    let said = '';
    response.on('data', (chunk) => { said += String(chunk); });
    response.on('end', () => (said.includes('Loaded image') ? resolve() : reject(new Error(`load: ${said}`))));
  });
  call.on('error', reject);
  call.end(readFileSync(file));
  return promise;
}
