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
/** Of each kind, however many were taken at once. One costs the kernel about 100 KiB. */
const mostReady = 100;

/** `name` is that of the wire's end on the host. */
interface Ready { id: string; name?: string; wire?: Wire }

interface Pool {
  ready: Ready[];
  /** What is kept at rest. */
  least: number;
  /** What is kept now. */
  wanted: number;
  /** Given out since it was filled last, from the pool or made on demand. */
  taken: number;
}

const poolOf = (least: number): Pool => ({ ready: [], least, wanted: least, taken: 0 });

/**
 * Network namespaces by sandbox id, each bound at `<directory>/<id>/net`. A few are made ahead, most with a pair of links: giving one out is
 * the renaming of its directory (a mount point itself cannot be renamed, the directory above it can), so no start waits for the kernel to build
 * a namespace or a link. After a burst as many are kept as it took, for a while: the next one finds them ready.
 */
export class Sandboxes {
  readonly #directory: string;
  readonly #worker: SandboxWorker;
  readonly #log: Log;
  readonly #groups: { wire: number; leaving: number };
  readonly #keptMs: number;
  readonly #wired: Pool;
  readonly #bare: Pool;
  /** Wires that were given out with their sandbox and not taken yet. */
  readonly #wires = new Map<string, Wire>();
  readonly #leaving = new Set<string>();
  #soon: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  #filling: Promise<void> | undefined;
  #removal: Promise<void> | undefined;
  #closed = false;

  /** @param options.groups interface groups of links that wait in the pool, and of those on their way out; `keptMs` is how long a burst is remembered */
  constructor(options: { directory: string; worker: SandboxWorker; log: Log; poolSize: number; groups: { wire: number; leaving: number }; keptMs: number }) {
    this.#directory = options.directory;
    this.#worker = options.worker;
    this.#log = options.log;
    this.#wired = poolOf(options.poolSize);
    this.#bare = poolOf(Math.ceil(options.poolSize / 4));
    this.#groups = options.groups;
    this.#keptMs = options.keptMs;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  path(id: string): string {
    return join(this.#directory, id, 'net');
  }

  /** @param wired with a pair of links, to be taken by `takeWire` before anything looks into the namespace */
  async create(id: string, wired: boolean): Promise<Sandbox> {
    if (this.#leaving.has(id)) await this.settle();
    if (existsSync(join(this.#directory, id))) await this.#worker.do({ kind: 'remove', paths: [this.path(id)] });
    const pool = wired ? this.#wired : this.#bare;
    pool.taken++;
    const ready = this.#takeReady(id, pool.ready) ?? await this.#make(id, wired);
    if (ready.wire !== undefined) this.#wires.set(id, ready.wire);
    this.#fillSoon();
    return { id, path: this.path(id) };
  }

  /** The pair of links that came with the sandbox, once. */
  takeWire(id: string): Wire | undefined {
    const wire = this.#wires.get(id);
    this.#wires.delete(id);
    return wire;
  }

  async #make(id: string, wired: boolean): Promise<Ready> {
    // A name of its own: a link of the same container that has just been removed may be there still.
    const name = `gp${newId().slice(0, 12)}`;
    const wire = await this.#worker.do({ kind: 'create', path: this.path(id), ...(wired && { wire: { name, group: this.#groups.wire } }) });
    return { id, ...(wire && { name, wire }) };
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

  /** Removes every namespace of an earlier daemon that is not in use, and its pool; resolves when their names are gone. */
  async reclaim(inUse: ReadonlySet<string>): Promise<void> {
    const ready = new Set([...this.#wired.ready, ...this.#bare.ready].map(({ id }) => id));
    for (const id of readdirSync(this.#directory)) {
      if (!inUse.has(id) && !ready.has(id)) this.remove(id);
    }
    await this.#removal;
  }

  /** Makes the pool full again, in the background. */
  fill(): void {
    if (this.#closed) return;
    this.#filling ??= this.#fill();
  }

  /** After the starts that are under way: making a namespace takes the kernel's network lock, which they need. */
  #fillSoon(): void {
    this.#later?.refresh();
    if (this.#soon !== undefined) this.#soon.refresh();
    if (this.#soon !== undefined || [this.#wired, this.#bare].every(({ ready, wanted }) => ready.length > wanted / 2)) return;
    this.#fillWhenQuiet();
  }

  #fillWhenQuiet(): void {
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.fill();
    }, quietMs);
    this.#soon.unref();
  }

  /** What a burst took and nobody has asked for since. */
  async #shrink(): Promise<void> {
    this.#later = undefined;
    const surplus = [this.#wired, this.#bare].flatMap((pool) => pool.ready.splice(pool.wanted = pool.least));
    for (const { wire } of surplus) if (wire !== undefined) closeSync(wire.socket);
    const names = surplus.flatMap(({ name }) => name ?? []);
    if (names.length > 0) await this.#worker.do({ kind: 'deleteLinks', names, leavingGroup: this.#groups.leaving }).catch((error: unknown) => this.#warnOfLinks(error));
    for (const { id } of surplus) this.remove(id);
  }

  async settle(): Promise<void> {
    await this.#filling;
    await this.#removal;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
    await this.#filling;
    if (this.#wired.ready.length > 0) await this.dropWires();
    for (const { id, wire } of [...this.#wired.ready.splice(0), ...this.#bare.ready.splice(0)]) {
      if (wire !== undefined) closeSync(wire.socket);
      this.remove(id);
    }
    await this.#removal;
  }

  /** Removes the pairs of links that wait in the pool, an earlier daemon's too: the kernel would take its time for it after their namespace is gone. */
  async dropWires(): Promise<void> {
    await this.#worker.do({ kind: 'deleteGroup', group: this.#groups.wire }).catch((error: unknown) => this.#warnOfLinks(error));
  }

  #warnOfLinks(error: unknown): void {
    this.#log.warn('links of the pool could not be removed', { error: messageOf(error) });
  }

  async #fill(): Promise<void> {
    try {
      for (const pool of [this.#bare, this.#wired]) {
        pool.wanted = Math.max(pool.wanted, Math.min(pool.taken, mostReady));
        pool.taken = 0;
        while (!this.#closed && pool.ready.length < pool.wanted) pool.ready.push(await this.#make(`${poolPrefix}${newId().slice(0, 12)}`, pool === this.#wired));
      }
      if (!this.#closed && [this.#wired, this.#bare].some(({ wanted, least }) => wanted > least)) this.#later ??= setTimeout(() => void this.#shrink(), this.#keptMs).unref();
      // What was taken meanwhile has not been counted.
      if (!this.#closed && this.#soon === undefined && [this.#wired, this.#bare].some(({ taken }) => taken > 0)) this.#fillWhenQuiet();
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
