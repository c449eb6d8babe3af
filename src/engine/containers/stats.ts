import { now } from '../../base/clock.ts';
import type { UsageTarget } from '../../runtime/stats/usage.ts';
import { cgroupPathOf } from './cgroup-path.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';
import { isAlive } from './transition.ts';
import type { ContainerSample, Moment, StatsOptions } from './verbs.ts';

export type StatsDeps = Pick<ContainerDeps, 'settings' | 'readUsage'> & { catalog: Pick<ContainerDeps['catalog'], 'find' | 'get'> };

const periodMs = 1000;

type Listener = (moment: Moment | undefined | 'gone') => void;

/**
 * Looks at containers once a second, at each of them once for all who ask, and only while somebody does: one timer in all, and none
 * when nobody listens.
 */
export class StatsReaders {
  readonly #deps: StatsDeps;
  readonly #watched = new Map<string, Set<Listener>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: StatsDeps) {
    this.#deps = deps;
  }

  /** How many containers are being looked at. */
  get watched(): number {
    return this.#watched.size;
  }

  /** @throws notFound when there is no such container */
  stats(container: string, options: StatsOptions): AsyncGenerator<ContainerSample> {
    return this.#samples(this.#deps.catalog.find(container).id, options);
  }

  async *#samples(id: string, { mode, abort }: StatsOptions): AsyncGenerator<ContainerSample> {
    const sample = (moment: Moment | undefined, previous?: Moment): ContainerSample => ({ id, name: this.#deps.catalog.get(id)?.name ?? '', moment, previous });
    const first = this.#look(id);
    if (first === 'gone') return;
    if (mode === 'once' || (mode === 'pair' && first === undefined)) return yield sample(first);
    if (mode === 'stream') yield sample(first);
    let previous = first;
    for await (const moment of this.#moments(id, abort)) {
      yield sample(moment, previous);
      if (mode === 'pair') return;
      previous = moment;
    }
  }

  /** What is seen from the next second on. A slow reader gets the latest look, not all it missed. */
  async *#moments(id: string, abort: AbortSignal): AsyncGenerator<Moment | undefined> {
    let latest: { moment: Moment | undefined | 'gone' } | undefined;
    let wake = (): void => undefined;
    const leave = this.#join(id, (moment) => {
      latest = { moment };
      wake();
    });
    const onAbort = (): void => wake();
    abort.addEventListener('abort', onAbort);
    try {
      while (!abort.aborted) {
        if (latest === undefined) {
          await new Promise<void>((resolve) => { wake = resolve; });
          continue;
        }
        const { moment } = latest;
        latest = undefined;
        if (moment === 'gone') return;
        yield moment;
      }
    } finally {
      abort.removeEventListener('abort', onAbort);
      leave();
    }
  }

  #join(id: string, listener: Listener): () => void {
    const listeners = this.#watched.get(id) ?? new Set();
    this.#watched.set(id, listeners.add(listener));
    this.#timer ??= setInterval(() => this.#tick(), periodMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#watched.delete(id);
      if (this.#watched.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #tick(): void {
    for (const [id, listeners] of this.#watched) {
      const moment = this.#look(id);
      for (const listener of listeners) listener(moment);
    }
  }

  #look(id: string): Moment | undefined | 'gone' {
    const record = this.#deps.catalog.get(id);
    if (record === undefined) return 'gone';
    if (!isAlive(record.state)) return undefined;
    return { at: now(), usage: this.#deps.readUsage(targetOf(this.#deps, record, record.state.pid)) };
  }
}

function targetOf(deps: StatsDeps, record: ContainerRecord, pid: number): UsageTarget {
  const networkPid = record.hostConfig.networkMode === 'host' ? undefined : pid;
  return { cgroupPath: cgroupPathOf(deps, record), networkPid };
}
