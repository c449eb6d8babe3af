import { spawn } from 'node:child_process';

export interface ProgramResult {
  /** 128+n when signal n ended it; 127 when there is no such program. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program of the host to its end and collects what it wrote: for set-up and checks, never on the way of a container.
 * Resolves whatever the exit code; a program that cannot be started counts as 127 with the reason in `stderr`.
 */
export async function runProgram(path: string, args: string[], options: { env?: NodeJS.ProcessEnv; timeoutMs?: number; cwd?: string } = {}): Promise<ProgramResult> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: options.timeoutMs, killSignal: 'SIGKILL', env: options.env, cwd: options.cwd });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const result = (exitCode: number, extra = ''): ProgramResult => (
    { exitCode, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() + extra }
  );
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve(result(127, error.message)));
    child.once('close', (code, signal) => resolve(result(code ?? 137, signal === null ? '' : `ended by ${signal}`)));
  });
}

/**
 * Runs a program whose words go straight to the person's terminal. A signal that would end this process reaches the program alone, and not what
 * that has started: it knows what must not be cut off. This process ends by the signal after it. @returns its exit code
 */
export async function runVisibly(path: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  // Standard output belongs to the command that follows a set-up: what is said on the way goes to standard error.
  const child = spawn(path, args, { stdio: ['ignore', 2, 2], env, detached: true });
  let asked: NodeJS.Signals | undefined;
  const pass = (signal: NodeJS.Signals): void => {
    asked = signal;
    child.kill(signal);
  };
  for (const signal of endings) process.on(signal, pass);
  const exitCode = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 137));
  });
  for (const signal of endings) process.off(signal, pass);
  if (asked !== undefined) process.kill(process.pid, asked);
  return exitCode;
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
