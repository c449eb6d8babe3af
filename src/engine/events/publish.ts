import type { EngineEvent, EventBus } from './bus.ts';
import { longestTimerMs } from '../../base/clock.ts';
import { shortId } from '../../base/ids.ts';
import type { Filters } from '../filters.ts';

const keptEvents = 256;
const queueLimit = 100_000;

interface Reader { push(event: EngineEvent): void }

/** @param now nanoseconds since the epoch. */
export function createEventBus(now: () => bigint): EventBus & { readonly listeners: number } {
  const kept: EngineEvent[] = [];
  const readers = new Set<Reader>();
  let last = 0n;
  return {
    get listeners() { return readers.size; },
    publish(partial) {
      // Two events never share a time: clients resume with `since`.
      last = now() > last ? now() : last + 1n;
      const event: EngineEvent = { ...partial, scope: 'local', timeNano: last };
      kept.push(event);
      if (kept.length > keptEvents) kept.shift();
      for (const reader of readers) reader.push(event);
    },
    subscribe: ({ since, until, filters, abort }) => {
      const matches = (event: EngineEvent): boolean =>
        matchesEvent(event, filters) && (since === undefined || event.timeNano >= since) && (until === undefined || event.timeNano <= until);
      const past = since === undefined && until === undefined ? [] : kept.filter(matches);
      return stream({ readers, past, matches, until, now, abort });
    },
  };
}

interface StreamOptions {
  readers: Set<Reader>;
  past: EngineEvent[];
  matches: (event: EngineEvent) => boolean;
  until: bigint | undefined;
  now: () => bigint;
  abort: AbortSignal;
}

/** Registered when it is made, not at the first read: nothing between the two is lost. */
function stream({ readers, past, matches, until, now, abort }: StreamOptions): AsyncIterable<EngineEvent> {
  const queue = past;
  let lost = 0;
  let wake: (() => void) | undefined;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    ended = true;
    readers.delete(reader);
    clearTimeout(timer);
    abort.removeEventListener('abort', end);
    wake?.();
  };
  const reader: Reader = {
    push(event) {
      if (!matches(event)) return;
      if (queue.length >= queueLimit) lost++;
      else queue.push(event);
      wake?.();
    },
  };
  const leftMs = until === undefined ? undefined : Number((until - now()) / 1_000_000n);
  if (abort.aborted || (leftMs !== undefined && leftMs <= 0)) ended = true;
  else {
    readers.add(reader);
    abort.addEventListener('abort', end, { once: true });
    if (leftMs !== undefined) timer = setTimeout(end, Math.min(leftMs, longestTimerMs)).unref();
  }
  return (async function* () {
    try {
      for (;;) {
        while (queue.length > 0) yield queue.shift() as EngineEvent;
        if (lost > 0) {
          yield lostEvent(lost, now());
          lost = 0;
        }
        if (ended) return;
        await new Promise<void>((resolve) => { wake = resolve; });
        wake = undefined;
      }
    } finally {
      end();
    }
  })();
}

function lostEvent(count: number, timeNano: bigint): EngineEvent {
  return { type: 'daemon', action: 'lost', actor: { id: '', attributes: { count: String(count) } }, scope: 'local', timeNano };
}

/** Docker's filters of /events: values of a key are or-ed, keys and-ed; labels are and-ed too. */
export function matchesEvent(event: EngineEvent, filters: Filters): boolean {
  const { id, attributes } = event.actor;
  const named = (type: EngineEvent['type']) => (value: string): boolean =>
    event.type === type && (id.startsWith(value) || attributes['name'] === value || attributes['name'] === value.replace(/^\//, ''));
  const tests: Record<string, (value: string) => boolean> = {
    type: (value) => event.type === value,
    // `exec_create: sh` and `health_status: healthy` match by their first word too.
    event: (value) => event.action === value || event.action.startsWith(`${value}:`),
    scope: (value) => event.scope === value,
    container: named('container'),
    volume: named('volume'),
    network: named('network'),
    daemon: named('daemon'),
    image: (value) => (event.type === 'image' && (id === value || shortId(id) === value || sameRepository(attributes['name'] ?? '', value)))
      || (event.type === 'container' && sameRepository(attributes['image'] ?? '', value)),
  };
  for (const [key, values] of filters) {
    if (key === 'label') {
      if (!values.every((value) => matchesLabel(attributes, value))) return false;
    } else if (!values.some((value) => tests[key]?.(value) ?? false)) return false;
  }
  return true;
}

function matchesLabel(attributes: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  return at === -1 ? wanted in attributes : attributes[wanted.slice(0, at)] === wanted.slice(at + 1);
}

function sameRepository(image: string, wanted: string): boolean {
  return image === wanted || image.replace(/:[^/:]*$/, '') === wanted;
}
