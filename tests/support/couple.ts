import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Carries bytes both ways until one side is over. Each is in `open` as long as it lives. */
export function couple(one: Socket, other: Socket, open: Set<Socket> = new Set()): void {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    open.add(from);
    from.on('error', () => undefined).once('close', () => {
      open.delete(from);
      to.destroy();
    }).pipe(to);
  }
}

export interface Front extends AsyncDisposable {
  readonly host: string;
  /** `host:port` that the next connection is led to; without one it is cut off. */
  target: string | undefined;
}

/** One address for a server that comes back on another port. */
export async function startFront(target: string): Promise<Front> {
  const open = new Set<Socket>();
  const server = createServer((inner) => {
    if (front.target === undefined) return void inner.destroy();
    const [host, port] = front.target.split(':') as [string, string];
    couple(inner, connect(Number(port), host), open);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front: Front = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, target,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return front;
}
