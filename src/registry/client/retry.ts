import { setTimeout as sleep } from 'node:timers/promises';
import type { RetryPolicy } from './options.ts';

export const transientStatuses: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** How long to wait before try number `attempt` + 1 (attempts count from 1), ms; undefined to give up. */
export function pauseBefore(attempt: number, policy: RetryPolicy, retryAfterMs?: number): number | undefined {
  if (attempt >= policy.attempts) return undefined;
  if (retryAfterMs !== undefined) return retryAfterMs <= policy.longestRetryAfterMs ? retryAfterMs : undefined;
  const full = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (attempt - 1));
  return full * (0.5 + Math.random() / 2);
}

/** @throws AbortError as soon as the signal fires */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
