import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '../../base/ids.ts';
import { errnoOf, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Sandbox } from '../network.ts';
import type { SandboxWorker } from './worker-client.ts';

const poolPrefix = 'pool-';
const quietMs = 20;

/**
 * Network namespaces by sandbox id, each bound at `<directory>/<id>/net`. A few are made ahead: giving one out is the renaming of its
 * directory (a mount point itself cannot be renamed, the directory above it can), so no start waits for the kernel to build a namespace.
 */
export class Sandboxes {
  readonly #directory: string;
  readonly #worker: SandboxWorker;
  readonly #log: Log;
  readonly #poolSize: number;
  readonly #ready: string[] = [];
  readonly #leaving = new Set<string>();
  #soon: NodeJS.Timeout | undefined;
  #filling: Promise<void> | undefined;
  #removal: Promise<void> | undefined;
  #closed = false;

  constructor(options: { directory: string; worker: SandboxWorker; log: Log; poolSize: number }) {
    this.#directory = options.directory;
    this.#worker = options.worker;
    this.#log = options.log;
    this.#poolSize = options.poolSize;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  path(id: string): string {
    return join(this.#directory, id, 'net');
  }

  async create(id: string): Promise<Sandbox> {
    if (this.#leaving.has(id)) await this.settle();
    if (existsSync(join(this.#directory, id))) await this.#worker.do({ kind: 'remove', paths: [this.path(id)] });
    if (!this.#takeReady(id)) await this.#worker.do({ kind: 'create', path: this.path(id) });
    this.#fillSoon();
    return { id, path: this.path(id) };
  }

  /** False when the pool is empty, or someone cleaned the run directory. */
  #takeReady(id: string): boolean {
    for (let ready = this.#ready.shift(); ready !== undefined; ready = this.#ready.shift()) {
      try {
        renameSync(join(this.#directory, ready), join(this.#directory, id));
        return true;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    return false;
  }

  /** Removals asked for in one turn of the event loop, or while the worker is busy, go together: the kernel sweeps many for the price of one. */
  remove(id: string): void {
    this.#leaving.add(id);
    this.#removal ??= this.#sweep();
  }

  /** Removes every namespace of an earlier daemon that is not in use, and its pool. */
  reclaim(inUse: ReadonlySet<string>): void {
    for (const id of readdirSync(this.#directory)) {
      if (!inUse.has(id) && !this.#ready.includes(id)) this.remove(id);
    }
  }

  /** Makes the pool full again, in the background. */
  fill(): void {
    if (this.#closed) return;
    this.#filling ??= this.#fill();
  }

  /** After the starts that are under way: making a namespace takes the kernel's network lock, which they need. */
  #fillSoon(): void {
    if (this.#soon !== undefined || this.#ready.length > this.#poolSize / 2) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.fill();
    }, quietMs);
    this.#soon.unref();
  }

  async settle(): Promise<void> {
    await this.#filling;
    await this.#removal;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#soon);
    await this.#filling;
    for (const id of this.#ready.splice(0)) this.remove(id);
    await this.#removal;
  }

  async #fill(): Promise<void> {
    try {
      while (this.#ready.length < this.#poolSize && !this.#closed) {
        const id = `${poolPrefix}${newId().slice(0, 12)}`;
        await this.#worker.do({ kind: 'create', path: this.path(id) });
        this.#ready.push(id);
      }
    } catch (error) {
      this.#log.warn('the pool of network namespaces could not be filled', { error: messageOf(error) });
    } finally {
      this.#filling = undefined;
    }
  }

  async #sweep(): Promise<void> {
    await new Promise(setImmediate);
    try {
      while (this.#leaving.size > 0) {
        const ids = [...this.#leaving];
        await this.#worker.do({ kind: 'remove', paths: ids.map((id) => this.path(id)) });
        for (const id of ids) this.#leaving.delete(id);
      }
    } catch (error) {
      this.#leaving.clear();
      this.#log.warn('network namespaces could not be removed; the next start of the daemon tries again', { error: messageOf(error) });
    } finally {
      this.#removal = undefined;
    }
  }
}
