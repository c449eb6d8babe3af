/**
 * `node tools/peer.ts docker|podman [--iptables legacy]`: runs Debian's engine in namespaces of its own until this program is ended
 * (Ctrl-C), and prints where its API listens: to ask it what it answers.
 */
import { parseArgs } from 'node:util';
import { startPeer, type PeerName } from '../tests/support/peers/peer.ts';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { iptables: { type: 'string' } } });
const name = positionals[0];
if (name !== 'docker' && name !== 'podman') {
  console.error('usage: node tools/peer.ts docker|podman [--iptables nft|legacy]');
  process.exit(2);
}
const peer = await startPeer(name satisfies PeerName, { iptables: values.iptables === 'legacy' ? 'legacy' : 'nft' });
console.log(`unix://${peer.socketPath}`);
const signal = await new Promise<string>((resolve) => {
  for (const each of ['SIGINT', 'SIGTERM'] as const) process.once(each, resolve);
});
await peer.stop();
console.error(`${name} ended (${signal})`);
