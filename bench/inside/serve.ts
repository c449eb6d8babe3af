import { createServer } from 'node:net';

/** Sends zeros to whoever connects, as fast as they are taken. Its argument is the port, 5000 without one. */
const block = Buffer.alloc(1 << 20);
createServer((socket) => {
  const fill = (): void => {
    while (socket.write(block));
  };
  socket.on('drain', fill).on('error', () => undefined);
  fill();
}).listen(Number(process.argv[2] ?? 5000), '0.0.0.0', () => console.log('ready'));
