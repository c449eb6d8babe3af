import { join } from 'node:path';
import { readdirSync } from 'node:fs';
import { messageOf } from '../base/errors.ts';
import { now } from '../base/clock.ts';
import type { ContainerDeps } from '../engine/containers/deps.ts';
import { onExit, scheduleRestart } from '../engine/containers/on-exit.ts';
import { removeLocked } from '../engine/containers/remove.ts';
import { SIGKILL } from '../engine/containers/signals.ts';
import { startLocked } from '../engine/containers/start.ts';
import { cgroupPathOf } from '../engine/containers/cgroup-path.ts';
import { removeBundle } from '../engine/containers/bundle.ts';
import { isAlive } from '../engine/containers/transition.ts';
import type { Execs } from '../engine/execs/execs.ts';
import type { LocalVolumes } from '../engine/volumes/local-volumes.ts';
import type { VolumeMounts } from '../engine/volumes/volume-mounts.ts';
import { planRestore, type RestoreStep } from './restore-plan.ts';

export interface RestoreParts {
  containers: ContainerDeps;
  execs: Execs;
  volumes: LocalVolumes;
  volumeMounts: Pick<VolumeMounts, 'settle'>;
  /** Makes the kernel's networks look like the records, once these are true. */
  networks: () => Promise<void>;
}

/** How a container ended that nobody saw end. Docker says the same after a reboot. */
const unknownExitCode = 255;

/**
 * Observe → plan → execute. When it returns, records say what is true, and all that was unfinished is undone or finished; `policies` then
 * begins with the health checks of what runs, and starts what restart policies want, which may go on while the API answers already.
 */
export async function restore(parts: RestoreParts): Promise<{ policies: (closing: AbortSignal) => Promise<void> }> {
  const { containers: deps } = parts;
  await deps.rootfs.sweep();
  const steps = planRestore({
    records: deps.catalog.all(),
    monitor: await deps.runtime.list(),
    isFrozen: (record) => deps.cgroups.isFrozen(cgroupPathOf(deps, record)),
  });
  for (const step of steps) learn(parts, step);
  await parts.networks();
  for (const step of steps) await finish(parts, step);
  await sweepLeftovers(parts);
  return {
    policies: (closing) => {
      // Only now are exits heard: a check that ended before would count as failed.
      for (const step of steps) if (step.do === 'adopt') deps.health.begin(step.id);
      return startByPolicy(deps, steps, closing);
    },
  };
}

/** Records only: networks are made to look like them next. */
function learn({ containers: deps, execs }: RestoreParts, step: RestoreStep): void {
  if (step.do === 'adopt') {
    const state = { status: step.paused ? 'paused' as const : 'running' as const, pid: step.pid, startedAt: step.startedAt };
    deps.catalog.save({ ...deps.catalog.current(step.id), state }, { durable: false });
  } else if (step.do === 'adoptExec') {
    execs.adopt({ containerId: step.id, ...step });
  }
}

async function finish({ containers: deps }: RestoreParts, step: RestoreStep): Promise<void> {
  switch (step.do) {
    case 'exit': return await onExit(deps, step.exit);
    case 'lost': return await onExit(deps, { id: step.id, exitCode: unknownExitCode, oomKilled: false, at: now() });
    case 'undoStart': return await undoStart(deps, step.id);
    case 'remove': return await deps.locks.run(step.id, () => removeLocked(deps, deps.catalog.current(step.id), { volumes: step.volumes }));
    case 'resumeRestart': return scheduleRestart(deps, step.id, 0);
    case 'kill': {
      deps.log.warn('a process belongs to no container: it is ended', { container: step.id });
      await deps.runtime.signal({ id: step.id }, SIGKILL).catch((error: unknown) => deps.log.debug('it had ended', { error: messageOf(error) }));
    }
  }
}

async function undoStart(deps: ContainerDeps, id: string): Promise<void> {
  const record = deps.catalog.current(id);
  const endpoints = await deps.networks.detach(record);
  const at = now();
  const error = 'the engine ended while the container was being started';
  const undone = deps.catalog.save({ ...record, endpoints, state: { status: 'exited', startedAt: at, finishedAt: at, exitCode: 128, oomKilled: false, error } }, { durable: false });
  if (undone.hostConfig.autoRemove) await deps.locks.run(id, () => removeLocked(deps, undone, { volumes: true }));
}

/** Directories that no record knows: a create or a remove was cut off between the directory and the record. */
async function sweepLeftovers({ containers: deps, volumes, volumeMounts }: RestoreParts): Promise<void> {
  for (const id of readdirSync(deps.settings.containersDirectory)) {
    if (!id.startsWith('.') && deps.catalog.get(id) === undefined) await deps.rootfs.remove(id);
  }
  for (const id of readdirSync(deps.settings.bundlesDirectory)) {
    // A restart policy may be starting it already.
    await deps.locks.run(id, () => {
      const record = deps.catalog.get(id);
      if (record === undefined || !isAlive(record.state)) removeBundle(join(deps.settings.bundlesDirectory, id));
    });
  }
  for (const { name } of volumes.all()) await volumeMounts.settle(name);
  await volumes.sweep();
}

const startsAtOnce = 8;

async function startByPolicy(deps: ContainerDeps, steps: readonly RestoreStep[], closing: AbortSignal): Promise<void> {
  const ids = steps.filter((step) => step.do === 'start').map((step) => step.id);
  const next = async (): Promise<void> => {
    for (let id = ids.shift(); id !== undefined && !closing.aborted; id = ids.shift()) {
      const mine = id;
      await deps.locks.run(mine, async () => {
        if (deps.catalog.get(mine)?.state.status !== 'exited' || deps.removals.has(mine)) return;
        await startLocked(deps, mine, { byHand: false }).catch((error: unknown) => deps.log.error('a container could not be started', { container: mine, error: messageOf(error) }));
      });
    }
  };
  await Promise.all(Array.from({ length: startsAtOnce }, next));
}
