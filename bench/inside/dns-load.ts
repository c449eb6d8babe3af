import { createSocket } from 'node:dgram';

/**
 * Asks 127.0.0.11 for one name, 8 questions under way, for two seconds; prints the rate and the 99th percentile of the latency. A question without an
 * answer counts with the time it was given, and another takes its place.
 */
const name = process.argv[2] ?? '';
const limitMs = 2000;
const patienceMs = 500;
const question = Buffer.concat([
  Buffer.from('000001000001000000000000', 'hex'), ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from('0000010001', 'hex'),
]);
const socket = createSocket('udp4');
const underWay = new Map<number, number>();
const latencies: number[] = [];
let answered = 0;
let id = 0;

function ask(): void {
  id = (id + 1) & 0xffff;
  const message = Buffer.from(question);
  message.writeUInt16BE(id, 0);
  underWay.set(id, performance.now());
  socket.send(message);
}

function settle(asked: number): void {
  latencies.push(performance.now() - (underWay.get(asked) ?? 0));
  underWay.delete(asked);
  ask();
}

socket.on('message', (reply) => {
  const asked = reply.readUInt16BE(0);
  if (!underWay.has(asked)) return;
  answered += 1;
  settle(asked);
});
socket.on('error', () => undefined);
setInterval(() => {
  for (const [asked, at] of underWay) if (performance.now() - at > patienceMs) settle(asked);
}, 100);
socket.connect(53, '127.0.0.11', () => {
  for (let index = 0; index < 8; index++) ask();
  setTimeout(() => {
    const sorted = latencies.toSorted((a, b) => a - b);
    console.log(JSON.stringify({ rate: answered / (limitMs / 1000), p99: sorted[Math.floor(sorted.length * 0.99)] }));
    process.exit(0);
  }, limitMs);
});
