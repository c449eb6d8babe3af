import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { gantryProgram, withoutTestContext } from './daemon.ts';

export interface RegistryProcess extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  host: string;
  pid: number;
  /** SIGKILL, as a crash. */
  crash(): Promise<void>;
}

/** `gantry registry serve` in a process of its own, on a port that it chose or that is given, over a folder of the caller's. */
export async function serveRegistryProcess(root: string, options: { port?: number; args?: string[]; env?: Record<string, string> } = {}): Promise<RegistryProcess> {
  const [program, ...args] = gantryProgram();
  const child = spawn(program, [
    ...args, 'registry', 'serve', '--addr', `127.0.0.1:${options.port ?? 0}`, '--root', root, '--log-format', 'json', ...(options.args ?? []),
  ], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...withoutTestContext(), ...options.env } });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  const said: string[] = [];
  const port = await new Promise<number | undefined>((resolve) => {
    // Read to the end, or the registry would wait for somebody to take its words.
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (line.includes('registry listens')) resolve((JSON.parse(line) as { port: number }).port);
    }).once('close', () => resolve(undefined));
  });
  if (port !== undefined) return { host: `127.0.0.1:${port}`, pid: child.pid!, crash: () => end('SIGKILL'), [Symbol.asyncDispose]: () => end('SIGTERM') };
  await ended;
  throw new Error(`the registry ended at its start:\n${said.join('\n')}`);
}
