import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One system call of a running process that goes wrong. */
export interface Fault {
  /** Its name, as strace(1) takes it. */
  call: string;
  /** The which of these calls it is, from 1 on. Every thread counts for itself. */
  nth: number;
  /** What happens instead of the call: the process dies, or the call fails. */
  outcome: 'SIGKILL' | 'ENOSPC' | 'EIO' | 'EMFILE' | 'ENOMEM' | 'EROFS';
  /** The main thread alone, or every thread and all processes that they start meanwhile. */
  threads: 'main' | 'all';
}

/** A process that strace(1) holds. */
export interface Held extends AsyncDisposable {
  /** Lets go of the process, or waits for its death. What it called meanwhile, a line each; with all threads, each begins with the thread's id. */
  end(died: boolean): Promise<string[]>;
}

/** Lets strace hold a process from now on and do to it what `fault` says. */
export function inject(pid: number, { call, nth, outcome, threads }: Fault): Promise<Held> {
  const what = outcome === 'SIGKILL' ? 'signal=SIGKILL' : `error=${outcome}`;
  return hold(pid, [...(threads === 'all' ? ['-f'] : []), '-e', `trace=${call}`, '-e', `inject=${call}:${what}:when=${nth}`]);
}

/** Lets strace write down which of these calls are made. */
export function observe(pid: number, calls: string): Promise<Held> {
  return hold(pid, ['-f', '-e', `trace=${calls}`]);
}

async function hold(pid: number, args: readonly string[]): Promise<Held> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-fault-'));
  const record = join(folder, 'record');
  const strace = spawn('strace', [...args, '-p', String(pid), '-o', record, '-s', '80'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => strace.once('exit', () => resolve()));
  const attached = Promise.withResolvers<void>();
  let said = '';
  strace.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (/attached/.test(said)) attached.resolve();
  });
  strace.once('error', attached.reject);
  void ended.then(() => attached.reject(new Error(`strace: ${said}`)));
  const letGo = async (): Promise<void> => {
    strace.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await attached.promise;
  } catch (error) {
    await letGo();
    throw error;
  }
  return {
    async end(died) {
      if (!died) strace.kill('SIGTERM');
      await ended;
      return readFileSync(record, 'utf8').split('\n');
    },
    [Symbol.asyncDispose]: letGo,
  };
}

/** The call at which a fault happened, if it did. */
export function struckAt(lines: readonly string[], { outcome }: Fault): string | undefined {
  if (outcome !== 'SIGKILL') return lines.find((line) => line.includes('(INJECTED)'));
  const death = lines.findIndex((line) => line.includes('killed by SIGKILL'));
  return death === -1 ? undefined : lines.slice(0, death).findLast((line) => line.includes('('));
}
