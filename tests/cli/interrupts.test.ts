import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gantryProgram } from '../support/daemon.ts';
import { words } from './words.ts';

/** An engine that answers no question but the first ones: whatever waits for it, Ctrl-C ends. */
describe('Ctrl-C ends a command whose engine hangs', () => {
  let directory: string;
  let server: Server;
  let asked: () => void = () => undefined;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-interrupts-'));
    server = createServer((request, response) => {
      response.setHeader('Content-Type', 'application/json');
      if (request.url?.includes('/_ping') === true) response.end('OK');
      else if (/\/containers\/[^/]+\/json/.test(request.url ?? '')) response.end(JSON.stringify({ Id: 'f'.repeat(64), Name: '/web', State: { Running: true }, Config: {}, HostConfig: {} }));
      else if (request.url?.includes('/containers/create?name=made') === true) response.writeHead(201).end(JSON.stringify({ Id: 'f'.repeat(64), Warnings: [] }));
      else asked();
    });
    server.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined).once('end', () => socket.end()).resume();
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    });
    server.listen(join(directory, 'engine.sock'));
    await once(server, 'listening');
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => { server.close(() => resolve()); });
    rmSync(directory, { recursive: true, force: true });
  });

  for (const line of ['run a', 'run -d a', 'create a', 'pull a', 'push a', 'load -i /etc/hostname', 'import /etc/hostname', 'stats --no-stream web', 'stats web', 'events', 'logs -f web', 'wait web', 'ps', 'stop web', 'export web', 'exec -d web ls', 'run --sig-proxy=false --name made a']) {
    test(line, async () => {
      const [program, ...args] = gantryProgram();
      const waiting = new Promise<void>((resolve) => { asked = resolve; });
      const child = spawn(program, [...args, '-H', `unix://${join(directory, 'engine.sock')}`, ...words(line)], { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env['PATH'], HOME: directory } });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
      const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      await Promise.race([waiting, closed]);
      child.kill('SIGINT');
      const [code, signal] = await closed;
      // What only asks may as well die of it.
      if (line === 'ps') assert.ok(code === 130 || signal === 'SIGINT', `${code} ${signal}`);
      else assert.deepEqual([code, signal], [130, null], said);
      assert.equal(said, '');
    });
  }
});
