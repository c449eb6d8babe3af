import type { Filters } from '../filters.ts';

/** What happened, in Docker's words. */
export interface EngineEvent {
  type: 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder';
  action: string;
  actor: { id: string; attributes: Record<string, string> };
  scope: 'local';
  /** Nanoseconds since the epoch. */
  timeNano: bigint;
}

/**
 * All events of the engine, in order. Publishing never waits for a reader; each reader has a bounded queue of its own
 * (100,000 events) and is told when it lost some. The last events are kept for `since`.
 */
export interface EventBus {
  publish(event: Omit<EngineEvent, 'scope' | 'timeNano'>): void;
  /** Past events from `since` (nanoseconds), then live ones until `until` or abort. */
  subscribe(options: { since?: bigint; until?: bigint; filters: Filters; abort: AbortSignal }): AsyncIterable<EngineEvent>;
}
