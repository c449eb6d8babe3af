/** `node tests/support/peers/start.ts [docker|docker-28|podman]`: a peer to ask questions, until SIGINT or SIGTERM. */
import { startPeer, type PeerName } from './start-peer.ts';

const peer = await startPeer((process.argv[2] ?? 'docker') as PeerName);
console.log(`${peer.name} answers on unix://${peer.socketPath}; end it with Ctrl-C`);
const end = Promise.withResolvers<void>();
process.once('SIGINT', end.resolve);
process.once('SIGTERM', end.resolve);
const alive = setInterval(() => {}, 1 << 30);
await end.promise;
clearInterval(alive);
await peer.stop();
