import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, fstatSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { GantryError } from '../../base/errors.ts';
import type { Context } from '../context.ts';

const runFolder = '/run/gantry';
const logPath = join(runFolder, 'daemon.log');
/** For a daemon that runs and does not answer: it hangs. One that is merely slow, on a loaded host, gets its time. */
const patienceMs = 300_000;

/**
 * Starts a daemon of our own, detached, and resolves when its socket takes connections. Of several commands that come at once, one starts it and the
 * others wait for it. Rejects with the end of the daemon's log when it ends first or does not answer in time.
 */
export async function startDaemon(socketPath: string, { warn, machine }: Pick<Context, 'warn' | 'machine'>): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new GantryError('unavailable', `Cannot connect to the Docker daemon at unix://${socketPath}. Is the docker daemon running?`, {
      hint: 'Start it as root with "gantry daemon", or name another with -H.',
    });
  }
  mkdirSync(runFolder, { recursive: true, mode: 0o711 });
  using lock = await turn(socketPath, machine);
  if (lock === undefined) return;
  warn('No daemon answers; starting one (gantry daemon).');
  await start(socketPath);
}

/** The right to start one; undefined when another command has started it meanwhile. */
async function turn(socketPath: string, machine: Context['machine']): Promise<Disposable | undefined> {
  for (;;) {
    const lock = await machine.tryLock(join(runFolder, 'start.lock'));
    if (await takesConnection(socketPath)) {
      lock?.[Symbol.dispose]();
      return undefined;
    }
    if (lock !== undefined) return lock;
    await pause();
  }
}

async function start(socketPath: string): Promise<void> {
  const log = openSync(logPath, 'a', 0o640);
  const begins = fstatSync(log).size;
  const entry = process.argv[1];
  if (entry === undefined) throw new GantryError('internal', 'the path of this program is not known');
  const child = spawn(process.execPath, [...process.execArgv, '--', entry, 'daemon'], { detached: true, cwd: '/', stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  const failure = await Promise.race([answers(socketPath), ended]);
  child.removeAllListeners();
  if (failure === undefined) return;
  throw new GantryError('unavailable', `the daemon did not start: ${failure}\n${tail(begins)}`.trimEnd(), { hint: `Its log is ${logPath}; "gantry doctor" checks the host.` });
}

function pause(): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, 20); });
}

/** Undefined when the socket takes a connection, a reason when time is up. */
async function answers(path: string): Promise<string | undefined> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    if (await takesConnection(path)) return undefined;
    await pause();
  }
  return `it did not answer within ${patienceMs / 1000} seconds`;
}

function takesConnection(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

function tail(from: number): string {
  const file = openSync(logPath, 'r');
  try {
    const size = fstatSync(file).size;
    const start = Math.max(from, size - 8192);
    const bytes = Buffer.alloc(Math.max(0, size - start));
    readSync(file, bytes, 0, bytes.length, start);
    return bytes.toString('utf8');
  } finally {
    closeSync(file);
  }
}
