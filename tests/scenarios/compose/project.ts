import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { composePlugin } from '../../../src/machine/setup/compose-plugin.ts';
import { withoutTestContext } from '../../support/daemon.ts';
import { onTerminal, Running, type Ended } from '../client.ts';
import type { Stage } from '../stage.ts';

/** Compose 2 as set-up for tests has fetched it, or another that the person names. */
const program = process.env['GANTRY_TEST_COMPOSE'] ?? composePlugin();

/** Why the suites of Compose skip, or false. */
export const missingCompose: string | false = program === undefined ? "Compose 2 is not there: './gantry setup --for-tests' fetches it" : false;

/** A folder with a compose file, and the client that is spoken to in it. Its name is the project's. */
export class Project {
  readonly name: string;
  readonly folder: string;
  readonly #host: string;

  constructor(stage: Stage, files: Record<string, string>) {
    this.folder = mkdtempSync(join(stage.daemon.folder, 'project-'));
    this.name = `p${this.folder.slice(-6).toLowerCase()}`;
    this.#host = stage.daemon.host;
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  /** A container as Compose names it, with the slash that the API puts before it. */
  container(service: string, index = 1): string {
    return `/${this.name}-${service}-${index}`;
  }

  start(...words: string[]): Running {
    return new Running(spawn(program!, this.#words(words), this.#options()));
  }

  terminal(...words: string[]): Running {
    return onTerminal([program!, ...this.#words(words)], this.#options());
  }

  #words(words: string[]): string[] {
    // Told of its name alone, Compose would not read the file for what only stops or removes.
    return ['-p', this.name, '-f', 'compose.yaml', '--ansi', 'never', ...words];
  }

  #options(): { cwd: string; env: NodeJS.ProcessEnv } {
    return { cwd: this.folder, env: { ...withoutTestContext(), DOCKER_HOST: this.#host, DOCKER_CONFIG: join(this.folder, '..', 'docker-config'), COMPOSE_MENU: '0' } };
  }

  async run(...words: string[]): Promise<Ended> {
    const running = this.start(...words);
    running.child.stdin.on('error', () => undefined).end();
    return await running.ended();
  }

  /** Its standard output. @throws with all it said when it does not exit with 0 */
  async ok(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...words);
    if (code !== 0) throw new Error(`compose ${words.join(' ')}: exit code ${code}\n${stderr}${stdout}`);
    return stdout;
  }

  /** Ctrl-C, once. */
  async interrupt(running: Running): Promise<Ended> {
    running.child.kill('SIGINT');
    return await running.ended();
  }

  async down(): Promise<void> {
    await this.ok('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '0');
  }
}
