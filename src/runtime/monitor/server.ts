import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { GantryError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ExecRequest, ExitReport, StartRequest, Target } from '../driver/runtime.ts';
import { logEndOf } from '../logs/log-end.ts';
import { Monitor } from './monitor.ts';
import { socketPath } from './paths.ts';
import { encodeFrame, FrameReader, protocolVersion, toWireError, type CallFrame, type Hello, type Operation } from './protocol.ts';

const firstConnectionMs = 10_000;
/** As many attachments as the kernel lets wait at once. */
const backlog = 4096;

type Call = (input: never) => unknown;

/**
 * Serves `<run>/monitor.sock` until nothing runs and nobody is connected, then calls `finished`.
 * The run directory is 0700 and the socket 0600: who may connect may do everything.
 */
export async function serve(options: { run: string; log: Log; finished: () => void }): Promise<void> {
  const controls = new Set<Socket>();
  const attachments = new Map<number, Socket>();
  let connections = 0;
  let attached = 0;
  const report = (exit: ExitReport): void => {
    for (const socket of controls) socket.write(encodeFrame({ exit }));
    endWhenIdle();
  };
  const monitor = new Monitor({ run: options.run, log: options.log, report });
  let listening = false;
  const endWhenIdle = (): void => {
    if (!listening || connections > 0 || !monitor.idle) return;
    server.close();
    rmSync(socketPath(options.run), { force: true });
    options.finished();
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
    connections++;
    socket.once('close', () => {
      connections--;
      // The daemon died: its attachments have nobody at their other end.
      if (controls.delete(socket) && controls.size === 0) for (const attachment of attachments.values()) attachment.destroy();
      endWhenIdle();
    });
    socket.on('error', () => socket.destroy());
    const register = (): number => {
      const number = ++attached;
      attachments.set(number, socket);
      socket.once('close', () => attachments.delete(number));
      return number;
    };
    greet(socket, { monitor, log: options.log, joined: () => controls.add(socket), register, detach: (number) => attachments.get(number)?.destroy() });
  });
  await monitor.restore();
  rmSync(socketPath(options.run), { force: true });
  listening = true;
  const umask = process.umask(0o177);
  server.listen({ path: socketPath(options.run), backlog }, () => chmodSync(socketPath(options.run), 0o600));
  process.umask(umask);
  // Whoever started us may have died before it connected.
  setTimeout(endWhenIdle, firstConnectionMs).unref();
}

interface Session {
  monitor: Monitor;
  log: Log;
  /** The connection is a control connection from now on. */
  joined: () => void;
  /** The connection is an attachment from now on; returns its number. */
  register: () => number;
  detach: (attachment: number) => void;
}

/** Reads the hello, then becomes what it asks for. */
function greet(socket: Socket, session: Session): void {
  const reader = new FrameReader();
  const first = (chunk: Buffer): void => {
    try {
      reader.push(chunk);
      const hello = reader.next() as Hello | undefined;
      if (hello === undefined) return;
      socket.off('data', first);
      if (hello.version !== protocolVersion) {
        throw new GantryError('unavailable', `the monitor that runs speaks protocol ${protocolVersion}, not ${hello.version}`, { hint: 'Stop its containers; it ends with the last one.' });
      }
      if (hello.kind === 'control') control(socket, reader, session);
      else attach(socket, reader, session, hello);
    } catch (error) {
      session.log.warn('refused a connection', { error: messageOf(error) });
      socket.end(encodeFrame({ version: protocolVersion, error: toWireError(error) }));
    }
  };
  socket.on('data', first);
}

function attach(socket: Socket, reader: FrameReader, session: Session, hello: Extract<Hello, { kind: 'attach' }>): void {
  socket.pause();
  const rest = reader.rest();
  if (rest.length > 0) socket.unshift(rest);
  const { monitor } = session;
  const tty = monitor.attach(hello.target, hello.request, socket);
  // In the same turn as the stream begins: nothing is written in between.
  const logEnd = hello.request.log === undefined ? {} : { logEnd: logEndOf(hello.request.log) };
  socket.write(encodeFrame({ version: protocolVersion, pid: process.pid, attachment: session.register(), ...(tty === undefined ? {} : { tty }), ...logEnd }));
  if (tty !== undefined) monitor.join(hello.target, hello.request, socket);
}

function control(socket: Socket, reader: FrameReader, session: Session): void {
  const { monitor } = session;
  const calls: Record<Operation, Call> = {
    start: (input: StartRequest) => monitor.start(input),
    exec: (input: ExecRequest) => monitor.exec(input),
    resize: (input: { target: Target; size: { rows: number; columns: number } }) => monitor.resize(input.target, input.size),
    signal: (input: { target: Target; signal: number }) => monitor.signal(input.target, input.signal),
    closeStdin: (input: Target) => monitor.closeStdin(input),
    detach: (input: number) => session.detach(input),
    list: () => monitor.list(),
    release: (input: Target) => monitor.release(input),
  };
  socket.write(encodeFrame({ version: protocolVersion, pid: process.pid }));
  for (const exit of monitor.unreleased()) socket.write(encodeFrame({ exit }));
  session.joined();
  socket.on('end', () => socket.end());
  const take = (): void => {
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) void answer(socket, calls, frame as CallFrame);
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
      take();
    } catch {
      socket.destroy();
    }
  });
  take();
}

async function answer(socket: Socket, calls: Record<Operation, Call>, frame: CallFrame): Promise<void> {
  const { sequence, operation, input } = frame;
  try {
    if (!Object.hasOwn(calls, operation)) throw new GantryError('notImplemented', `the monitor knows no ${String(operation)}`);
    const output = await calls[operation](input as never);
    socket.write(encodeFrame({ sequence, output: output ?? null }));
  } catch (error) {
    socket.write(encodeFrame({ sequence, error: toWireError(error) }));
  }
}
