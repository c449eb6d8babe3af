import { createServer } from 'node:net';

/** Sends zeros to whoever connects, as fast as they are taken. */
const block = Buffer.alloc(1 << 20);
createServer((socket) => {
  const fill = (): void => {
    while (socket.write(block));
  };
  socket.on('drain', fill).on('error', () => undefined);
  fill();
}).listen(5000, '0.0.0.0', () => console.log('ready'));
