import { connect } from 'node:net';

/** Takes bytes from `host port` for two seconds; prints MiB a second. */
const [host = '', port = ''] = process.argv.slice(2);
const limitMs = 2000;
let bytes = 0;
const attempt = (): void => {
  let startedAt = 0;
  const socket = connect(Number(port), host);
  socket.on('connect', () => {
    startedAt = performance.now();
    setTimeout(() => {
      console.log(JSON.stringify({ rate: bytes / 2 ** 20 / ((performance.now() - startedAt) / 1000) }));
      process.exit(0);
    }, limitMs);
  });
  socket.on('data', (chunk) => (bytes += chunk.length));
  socket.on('error', () => setTimeout(attempt, 50));
};
attempt();
