import { execFile } from 'node:child_process';
import { gantryProgram } from '../support/daemon.ts';

export interface Outcome { code: number; stdout: Buffer; stderr: string }

export interface Running { cwd?: string; env?: NodeJS.ProcessEnv; input?: Uint8Array }

/** Runs a client to its end; its stdin is `input`, and then ends. */
export function runProgram(argv: readonly string[], { input, ...options }: Running = {}): Promise<Outcome> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve) => {
    const child = execFile(program, rest, { ...options, encoding: 'buffer', maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 127, stdout, stderr: stderr.toString('utf8') });
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** argv of both clients for one engine. */
export function clientsFor(host: string): Record<'docker' | 'gantry', string[]> {
  return { docker: ['docker', '-H', host], gantry: [...gantryProgram(), '-H', host] };
}
