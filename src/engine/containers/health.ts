import { longestTimerMs, now } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Healthcheck } from '../../oci/container.ts';

export interface HealthState {
  status: 'starting' | 'healthy' | 'unhealthy';
  failingStreak: number;
  log: { start: string; end: string; exitCode: number; output: string }[];
}

export interface Probe { exitCode: number; output: string; start: string; end: string }

/** Docker's defaults, in ms. */
const defaults = { intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, startIntervalMs: 5_000, retries: 3 };
const keptProbes = 5;
const ms = (ns: number | undefined, fallback: number): number => (ns ? ns / 1e6 : fallback);

/** The check in full, or undefined when there is none (`NONE`, or no test). */
export function healthPlan(check: Healthcheck | undefined, shell: readonly string[]): { command: string[]; intervalMs: number; timeoutMs: number; startPeriodMs: number; startIntervalMs: number; retries: number } | undefined {
  const [kind, ...rest] = check?.test ?? [];
  if (check === undefined || kind === undefined || kind === 'NONE' || rest.length === 0) return undefined;
  return {
    command: kind === 'CMD-SHELL' ? [...(shell.length > 0 ? shell : ['/bin/sh', '-c']), rest[0] as string] : kind === 'CMD' ? rest : [kind, ...rest],
    intervalMs: ms(check.interval, defaults.intervalMs),
    timeoutMs: ms(check.timeout, defaults.timeoutMs),
    startPeriodMs: ms(check.startPeriod, defaults.startPeriodMs),
    startIntervalMs: ms(check.startInterval, defaults.startIntervalMs),
    retries: check.retries || defaults.retries,
  };
}

/** The state after a probe. Failures in the start period do not count until the first success. */
export function afterProbe(before: HealthState, probe: Probe, options: { retries: number; inStartPeriod: boolean }): HealthState {
  const log = [...before.log, probe].slice(-keptProbes);
  if (probe.exitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  if (before.status === 'starting' && options.inStartPeriod) return { ...before, log };
  const failingStreak = before.failingStreak + 1;
  return { status: failingStreak >= options.retries ? 'unhealthy' : before.status, failingStreak, log };
}

export interface HealthTarget {
  check: Healthcheck | undefined;
  shell: readonly string[];
  /** ms since the epoch. */
  startedAtMs: number;
}

export interface HealthWatchOptions {
  /** Undefined when the container does not run. A paused one is skipped. */
  target: (id: string) => HealthTarget | 'paused' | undefined;
  /** Runs the command in the container; kills it after the timeout, with exit code -1. */
  probe: (id: string, command: string[], timeoutMs: number) => Promise<{ exitCode: number; output: string }>;
  changed: (id: string, state: HealthState) => void;
}

export interface HealthWatch {
  /** A run begins: what the probes of the last one said stays until the first of this one. */
  begin(id: string): void;
  /** A run ends, or is paused: nobody knows that it is healthy any more, which Docker calls unhealthy. */
  end(id: string): void;
  /** A run that was paused goes on: its next probe says what it is. */
  resume(id: string): void;
  forget(id: string): void;
  statusOf(id: string): HealthState | undefined;
  close(): void;
}

/** Watches running containers. Each has one timer; a probe begins after the one before has ended. */
export function createHealthWatch(options: HealthWatchOptions): HealthWatch {
  const states = new Map<string, HealthState>();
  const timers = new Map<string, NodeJS.Timeout>();

  const schedule = (id: string): void => {
    const target = options.target(id);
    const plan = target === undefined || target === 'paused' ? undefined : healthPlan(target.check, target.shell);
    const state = states.get(id);
    if (state === undefined) return;
    const early = plan !== undefined && state.status === 'starting' && typeof target === 'object' && Date.now() - target.startedAtMs < plan.startPeriodMs;
    const delay = plan === undefined ? 1000 : early ? Math.min(plan.startIntervalMs, plan.intervalMs) : plan.intervalMs;
    timers.set(id, setTimeout(() => void check(id), Math.min(delay, longestTimerMs)).unref());
  };

  const check = async (id: string): Promise<void> => {
    const target = options.target(id);
    const before = states.get(id);
    if (target === undefined || before === undefined) return;
    const plan = target === 'paused' ? undefined : healthPlan(target.check, target.shell);
    if (plan !== undefined && target !== 'paused') {
      const start = now();
      const result = await options.probe(id, plan.command, plan.timeoutMs).catch((error: unknown) => ({ exitCode: -1, output: messageOf(error) }));
      // The container may have ended, or begun again, meanwhile.
      if (states.get(id) !== before) return;
      const after = afterProbe(before, { ...result, start, end: now() }, { retries: plan.retries, inStartPeriod: Date.now() - target.startedAtMs < plan.startPeriodMs });
      states.set(id, after);
      if (after.status !== before.status) options.changed(id, after);
    }
    schedule(id);
  };

  const rest = (id: string): void => {
    clearTimeout(timers.get(id));
    timers.delete(id);
  };
  const forget = (id: string): void => {
    rest(id);
    states.delete(id);
  };
  const watch: HealthWatch = {
    begin(id) {
      const log = states.get(id)?.log ?? [];
      forget(id);
      const target = options.target(id);
      if (target === undefined || target === 'paused' || healthPlan(target.check, target.shell) === undefined) return;
      states.set(id, { status: 'starting', failingStreak: 0, log });
      schedule(id);
    },
    end(id) {
      rest(id);
      const last = states.get(id);
      if (last !== undefined) states.set(id, { ...last, status: 'unhealthy' });
    },
    resume(id) {
      // A daemon that found it paused has seen nothing of it.
      if (states.has(id)) schedule(id);
      else watch.begin(id);
    },
    forget,
    statusOf: (id) => states.get(id),
    close() {
      for (const id of timers.keys()) rest(id);
    },
  };
  return watch;
}
