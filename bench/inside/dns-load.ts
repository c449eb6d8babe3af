import { createSocket } from 'node:dgram';

/** Asks 127.0.0.11 for one name, 8 questions under way, for two seconds; prints the rate and the 99th percentile of the latency. */
const name = process.argv[2] ?? '';
const limitMs = 2000;
const question = Buffer.concat([
  Buffer.from('000001000001000000000000', 'hex'), ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from('0000010001', 'hex'),
]);
const socket = createSocket('udp4');
const sentAt = new Float64Array(65536);
const latencies: number[] = [];
let id = 0;

function ask(): void {
  id = (id + 1) & 0xffff;
  const message = Buffer.from(question);
  message.writeUInt16BE(id, 0);
  sentAt[id] = performance.now();
  socket.send(message);
}

socket.on('message', (reply) => {
  latencies.push(performance.now() - (sentAt[reply.readUInt16BE(0)] ?? 0));
  if (performance.now() - startedAt < limitMs) return ask();
  const sorted = latencies.toSorted((a, b) => a - b);
  console.log(JSON.stringify({ rate: latencies.length / (limitMs / 1000), p99: sorted[Math.floor(sorted.length * 0.99)] }));
  process.exit(0);
});
const startedAt = performance.now();
socket.connect(53, '127.0.0.11', () => {
  for (let index = 0; index < 8; index++) ask();
});
