import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { socketPath } from '../monitor/paths.ts';
import { encodeFrame, FrameReader, protocolVersion, type CallFrame, type Hello } from '../monitor/protocol.ts';
import { createRuntime } from './client.ts';
import type { ExitReport, Runtime } from './runtime.ts';

const target = { id: 'c', execId: 'e' };
const exit: ExitReport = { ...target, exitCode: 7, oomKilled: false, at: '2026-01-01T00:00:00Z' };

/** A monitor whose exec's stream ends at once, and that is asked for something on the control connection before it gets to tell the exit. */
async function runtimeOf(t: TestContext, answer: (control: Socket, call: CallFrame) => void): Promise<Runtime> {
  const run = mkdtempSync(join(tmpdir(), 'gantry-client-'));
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    const reader = new FrameReader();
    let hello: Hello | undefined;
    socket.on('error', () => socket.destroy()).on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        if (hello === undefined) {
          hello = frame as Hello;
          socket.write(encodeFrame({ version: protocolVersion, pid: process.pid, tty: true, attachment: 1 }));
          if (hello.kind === 'attach') socket.end();
        } else {
          answer(socket, frame as CallFrame);
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath(run), resolve));
  const runtime = createRuntime({ runDirectory: run, log: silentLog, monitorCommand: ['/bin/false'] });
  t.after(async () => {
    await runtime.close();
    server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(run, { recursive: true });
  });
  return runtime;
}

async function readToEnd(runtime: Runtime): Promise<void> {
  const { stream } = await runtime.attach(target, { stdin: false, stdout: true, stderr: true });
  for await (const _chunk of stream);
}

test('the stream of an exec ends after its exit, also when the exit comes last and late', async (t) => {
  const told: ExitReport[] = [];
  const runtime = await runtimeOf(t, (control, { sequence }) => {
    control.write(encodeFrame({ exit }));
    control.write(encodeFrame({ sequence, error: { kind: 'conflict', message: 'exec e is not running' } }));
  });
  runtime.onExit((report) => told.push(report));
  await readToEnd(runtime);
  assert.deepEqual(told, [exit]);
});

test('the stream of an exec that runs on ends without its exit', async (t) => {
  const asked: string[] = [];
  const runtime = await runtimeOf(t, (control, { sequence, operation }) => {
    asked.push(operation);
    control.write(encodeFrame({ sequence, output: null }));
  });
  await readToEnd(runtime);
  assert.deepEqual(asked, ['signal']);
});
