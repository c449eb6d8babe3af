import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from './bundle.ts';
import { runProgram, time } from './measure.ts';

/** The OCI runtime alone, started by the same spawner: what no engine on top of it can be faster than. */
export class Floor implements AsyncDisposable {
  readonly #bundle: Bundle;
  readonly #state: string;
  #running: string | undefined;
  #count = 0;

  constructor(bundle: Bundle) {
    this.#bundle = bundle;
    this.#state = join(bundle.folder, 'state');
  }

  async run(): Promise<number> {
    const id = `bench-${process.pid}-${this.#count++}`;
    return await time(async () => await runProgram(['crun', '--root', this.#state, 'run', '--bundle', this.#bundle.folder, id]));
  }

  async exec(): Promise<number> {
    this.#running ??= await this.#start();
    const id = this.#running;
    return await time(async () => await runProgram(['crun', '--root', this.#state, 'exec', id, 'true']));
  }

  async #start(): Promise<string> {
    const id = `bench-${process.pid}-exec`;
    const spec = JSON.parse(readFileSync(join(this.#bundle.folder, 'config.json'), 'utf8')) as { process: { args: string[] } };
    spec.process.args = ['sleep', '3600'];
    const config = join(this.#bundle.folder, 'sleep.json');
    writeFileSync(config, JSON.stringify(spec));
    const child = spawn('crun', ['--root', this.#state, 'run', '--detach', '--config', config, '--bundle', this.#bundle.folder, id], { stdio: 'ignore' });
    await new Promise((resolve) => child.once('close', resolve));
    return id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running !== undefined) await runProgram(['crun', '--root', this.#state, 'delete', '--force', this.#running]);
  }
}
