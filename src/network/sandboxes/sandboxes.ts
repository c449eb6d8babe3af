import { closeSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '../../base/ids.ts';
import { errnoOf, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Sandbox } from '../network.ts';
import type { Wire } from './jobs.ts';
import type { SandboxWorker } from './worker-client.ts';

const poolPrefix = 'pool-';
const quietMs = 20;

interface Ready { id: string; wire?: Wire }

/**
 * Network namespaces by sandbox id, each bound at `<directory>/<id>/net`. A few are made ahead, most with a pair of links: giving one out is
 * the renaming of its directory (a mount point itself cannot be renamed, the directory above it can), so no start waits for the kernel to build
 * a namespace or a link.
 */
export class Sandboxes {
  readonly #directory: string;
  readonly #worker: SandboxWorker;
  readonly #log: Log;
  readonly #sizes: { wired: number; bare: number };
  readonly #wireGroup: number;
  readonly #wired: Ready[] = [];
  readonly #bare: Ready[] = [];
  /** Wires that were given out with their sandbox and not taken yet. */
  readonly #wires = new Map<string, Wire>();
  readonly #leaving = new Set<string>();
  #soon: NodeJS.Timeout | undefined;
  #filling: Promise<void> | undefined;
  #removal: Promise<void> | undefined;
  #closed = false;

  /** @param options.wireGroup interface group of links that wait in the pool, and of nothing else */
  constructor(options: { directory: string; worker: SandboxWorker; log: Log; poolSize: number; wireGroup: number }) {
    this.#directory = options.directory;
    this.#worker = options.worker;
    this.#log = options.log;
    this.#sizes = { wired: options.poolSize, bare: Math.ceil(options.poolSize / 4) };
    this.#wireGroup = options.wireGroup;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  path(id: string): string {
    return join(this.#directory, id, 'net');
  }

  /** @param wired with a pair of links, to be taken by `takeWire` before anything looks into the namespace */
  async create(id: string, wired: boolean): Promise<Sandbox> {
    if (this.#leaving.has(id)) await this.settle();
    if (existsSync(join(this.#directory, id))) await this.#worker.do({ kind: 'remove', paths: [this.path(id)] });
    const ready = this.#takeReady(id, wired ? this.#wired : this.#bare);
    if (ready?.wire !== undefined) this.#wires.set(id, ready.wire);
    if (ready === undefined) await this.#worker.do({ kind: 'create', path: this.path(id) });
    this.#fillSoon();
    return { id, path: this.path(id) };
  }

  /** The pair of links that came with the sandbox, once. */
  takeWire(id: string): Wire | undefined {
    const wire = this.#wires.get(id);
    this.#wires.delete(id);
    return wire;
  }

  /** undefined when the pool is empty, or someone cleaned the run directory. */
  #takeReady(id: string, pool: Ready[]): Ready | undefined {
    for (let ready = pool.shift(); ready !== undefined; ready = pool.shift()) {
      try {
        renameSync(join(this.#directory, ready.id), join(this.#directory, id));
        return ready;
      } catch (error) {
        if (ready.wire !== undefined) closeSync(ready.wire.socket);
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    return undefined;
  }

  /** Removals asked for in one turn of the event loop, or while the worker is busy, go together: the kernel sweeps many for the price of one. */
  remove(id: string): void {
    const wire = this.takeWire(id);
    if (wire !== undefined) closeSync(wire.socket);
    this.#leaving.add(id);
    this.#removal ??= this.#sweep();
  }

  /** Removes every namespace of an earlier daemon that is not in use, and its pool. */
  reclaim(inUse: ReadonlySet<string>): void {
    const ready = new Set([...this.#wired, ...this.#bare].map(({ id }) => id));
    for (const id of readdirSync(this.#directory)) {
      if (!inUse.has(id) && !ready.has(id)) this.remove(id);
    }
  }

  /** Makes the pool full again, in the background. */
  fill(): void {
    if (this.#closed) return;
    this.#filling ??= this.#fill();
  }

  /** After the starts that are under way: making a namespace takes the kernel's network lock, which they need. */
  #fillSoon(): void {
    const enough = this.#wired.length > this.#sizes.wired / 2 && this.#bare.length > this.#sizes.bare / 2;
    if (this.#soon !== undefined || enough) return;
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
    if (this.#wired.length > 0) await this.dropWires();
    for (const { id, wire } of [...this.#wired.splice(0), ...this.#bare.splice(0)]) {
      if (wire !== undefined) closeSync(wire.socket);
      this.remove(id);
    }
    await this.#removal;
  }

  /** Removes the pairs of links that wait in the pool, an earlier daemon's too: the kernel would take its time for it after their namespace is gone. */
  async dropWires(): Promise<void> {
    await this.#worker.do({ kind: 'deleteGroup', group: this.#wireGroup }).catch((error: unknown) => {
      this.#log.warn('links of the pool could not be removed', { error: messageOf(error) });
    });
  }

  async #fill(): Promise<void> {
    try {
      while (!this.#closed && (this.#wired.length < this.#sizes.wired || this.#bare.length < this.#sizes.bare)) {
        const id = `${poolPrefix}${newId().slice(0, 12)}`;
        if (this.#bare.length < this.#sizes.bare) {
          await this.#worker.do({ kind: 'create', path: this.path(id) });
          this.#bare.push({ id });
        } else {
          const wire = await this.#worker.do({ kind: 'create', path: this.path(id), wire: { name: `gp${id.slice(poolPrefix.length)}`, group: this.#wireGroup } });
          this.#wired.push({ id, ...(wire && { wire }) });
        }
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
