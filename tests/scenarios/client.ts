import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { gantryProgram, withoutTestContext } from '../support/daemon.ts';

export interface Ended { code: number | null; signal: string | null; stdout: string; stderr: string }

const patienceMs = process.env['GANTRY_IN_VM'] === undefined ? 120_000 : 300_000;

/** A command line that is spoken by people: the stock `docker`, or our own. Both are told the same words. */
export class Client {
  readonly name: 'docker' | 'gantry';
  readonly #argv: readonly string[];

  constructor(name: 'docker' | 'gantry', host: string) {
    this.name = name;
    this.#argv = [...(name === 'docker' ? ['docker'] : gantryProgram()), '-H', host];
  }

  /** The words before its subcommand. */
  get words(): readonly string[] {
    return this.#argv;
  }

  /** Runs to its end. */
  async run(args: readonly string[], input?: string | Buffer): Promise<Ended> {
    const running = this.start(args);
    // It may end without having read everything.
    running.child.stdin.on('error', () => undefined);
    running.child.stdin.end(input);
    return await running.ended();
  }

  /** Its standard output without the last newline. @throws when it does not exit with 0 */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0) throw new Error(`${this.name} ${args.join(' ')}: exit code ${code}\n${stderr}${stdout}`);
    return stdout.replace(/\n$/, '');
  }

  start(args: readonly string[]): Running {
    const [program = '', ...rest] = this.#argv;
    return new Running(spawn(program, [...rest, ...args], { env: environment() }));
  }

  /** On a terminal of its own: a real pty, 30 rows of 100 columns, whose other side is the child's stdin and stdout. */
  terminal(args: readonly string[]): Running {
    return onTerminal([...this.#argv, ...args], { env: environment() });
  }
}

/** A command on a terminal of its own: a real pty, 30 rows of 100 columns. */
export function onTerminal(argv: readonly string[], options: { env: NodeJS.ProcessEnv; cwd?: string }): Running {
  const command = argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  return new Running(spawn('script', ['-qefc', `stty rows 30 cols 100; exec ${command}`, '/dev/null'], { ...options, env: { ...options.env, SHELL: '/bin/sh', TERM: 'xterm' } }));
}

/** A client that is at work. What it wrote is kept. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly #closed: Promise<[number | null, string | null]>;
  #over = false;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => { this.stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { this.stderr += text; });
    this.#closed = once(child, 'close') as Promise<[number | null, string | null]>;
    this.#closed.then(() => { this.#over = true; }, () => { this.#over = true; });
  }

  write(text: string): void {
    this.child.stdin.write(text);
  }

  /** Waits for its output to match. @throws when it ends, or stays silent, before */
  async until(pattern: RegExp): Promise<void> {
    const limit = AbortSignal.timeout(patienceMs);
    while (!pattern.test(this.stdout)) {
      if (this.#over || limit.aborted) throw new Error(`no ${pattern} in ${JSON.stringify(this.stdout)}, stderr ${JSON.stringify(this.stderr)}`);
      await Promise.race([once(this.child.stdout, 'data', { signal: limit }), this.#closed]).catch(() => undefined);
    }
  }

  /** Waits for its end. @throws, and ends it, when that takes too long */
  async ended(): Promise<Ended> {
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      this.child.kill('SIGKILL');
    }, patienceMs);
    const [code, signal] = await this.#closed;
    clearTimeout(limit);
    if (late) throw new Error(`did not end: ${this.child.spawnargs.slice(1).join(' ')}\nstdout ${JSON.stringify(this.stdout.slice(-500))}\nstderr ${JSON.stringify(this.stderr.slice(-500))}`);
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }
}

/** The clients of this machine: ours always, docker's where it is installed. */
export const clientNames: readonly ('docker' | 'gantry')[] = spawnSync('docker', ['--version']).status === 0 ? ['docker', 'gantry'] : ['gantry'];

function environment(): NodeJS.ProcessEnv {
  return { ...withoutTestContext(), DOCKER_CONFIG: '/nonexistent', DOCKER_HOST: '', DOCKER_CONTEXT: '' };
}
