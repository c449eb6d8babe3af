import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../src/host/find-program.ts';

/** crun, that stands still before its work or after it, until `go()`: as one whose processor was taken away. */
export class StalledRuntime {
  readonly path: string;
  readonly #go: string;
  readonly #standing: string;

  /** @param folder a path of its own; goes with what it lies in */
  constructor(folder: string, moment: 'before its work' | 'after its work') {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, 'stalled-runtime');
    this.#go = join(folder, 'go');
    this.#standing = join(folder, 'standing');
    const crun = findProgram('crun');
    const stand = `: > ${this.#standing}; while [ ! -e ${this.#go} ]; do sleep 0.02; done`;
    const script = moment === 'before its work' ? `${stand}; exec ${crun} "$@"` : `${crun} "$@"; code=$?; ${stand}; exit $code`;
    writeFileSync(this.path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** From now on it stands still, when it has gone before. */
  hold(): void {
    for (const path of [this.#go, this.#standing]) rmSync(path, { force: true });
  }

  /** Resolves when somebody has started it, and waits. */
  async stands(): Promise<void> {
    while (!existsSync(this.#standing)) await new Promise(setImmediate);
  }

  go(): void {
    writeFileSync(this.#go, '');
  }
}
