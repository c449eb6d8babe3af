import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/**
 * The bytes of one attachment's connection. `finished` delays the end of what is read: an exec's exit is known before its
 * stream ends, although both come on connections of their own. `destroyed` tells the monitor.
 */
export function attachmentStream(socket: Socket, rest: Buffer, on: { finished: () => Promise<unknown>; destroyed: () => void }): Duplex {
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => socket.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      if (socket.destroyed || socket.writableEnded) done();
      else if (socket.write(chunk)) done();
      else whenWritable(socket, done);
    },
    final: (done) => {
      socket.end();
      done();
    },
    destroy: (error, done) => {
      if (!socket.destroyed) on.destroyed();
      socket.destroy();
      done(error);
    },
  });
  if (rest.length > 0) stream.push(rest);
  socket.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) socket.pause();
  });
  const end = (): void => {
    if (stream.destroyed) return;
    void on.finished().finally(() => {
      if (!stream.readableEnded && !stream.destroyed) stream.push(null);
    });
  };
  let ended = false;
  const once = (): void => {
    if (ended) return;
    ended = true;
    end();
  };
  socket.once('end', once);
  socket.once('close', once);
  socket.on('error', () => socket.destroy());
  return stream;
}

function whenWritable(socket: Socket, done: () => void): void {
  const next = (): void => {
    socket.off('drain', next).off('close', next);
    done();
  };
  socket.on('drain', next).on('close', next);
}
