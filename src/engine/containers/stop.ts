import { GantryError } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';
import { endProcess, type EndOptions } from './end-process.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord } from './record.ts';
import { signalNumber } from './signals.ts';
import { isAlive } from './transition.ts';
import { trying } from './tried.ts';
import { cancelRestart } from './cancel-restart.ts';
import type { ContainerVerbs } from './verbs.ts';

/** Asks the container to end, and after the timeout makes it. @throws notModified when it does not run. */
export async function stop(deps: ContainerDeps, container: string, options: Parameters<ContainerVerbs['stop']>[1]): Promise<void> {
  const found = deps.catalog.find(container);
  if (await cancelRestart(deps, found.id)) return publishEvent(deps.events, found, 'stop');
  // As it is now: a start that was under way when the stop came is over, and is what is to be stopped.
  const record = deps.catalog.get(found.id);
  if (record === undefined || !isAlive(record.state)) throw new GantryError('notModified', 'container is already stopped');
  const polite = trying(`cannot stop container: ${container}`, () => politeness(deps, record, options));
  await endProcess(deps, record.id, { ...polite, stoppedByHand: true });
  publishEvent(deps.events, record, 'stop');
}

/** The stop signal and its patience: what was asked, else the container's own, else SIGTERM and ten seconds. */
export function politeness(deps: Pick<ContainerDeps, 'settings' | 'events'>, record: ContainerRecord, asked: { signal?: string; timeoutSeconds?: number }): Pick<EndOptions, 'signals' | 'onSignal'> {
  const signal = signalNumber(asked.signal || record.config.stopSignal || 'SIGTERM');
  const seconds = asked.timeoutSeconds ?? record.config.stopTimeout ?? deps.settings.stopTimeoutSeconds;
  return {
    signals: [{ signal, patienceMs: seconds < 0 ? 'forever' : seconds * 1000 }],
    onSignal: (sent) => publishEvent(deps.events, record, 'kill', { signal: String(sent) }),
  };
}
