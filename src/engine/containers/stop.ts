import { GantryError } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';
import { endProcess, type SignalTry } from './end-process.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord } from './record.ts';
import { signalNumber } from './signals.ts';
import { trying } from './tried.ts';
import type { ContainerVerbs } from './verbs.ts';

/** Asks the container to end, and after the timeout makes it. @throws notModified when it does not run. */
export async function stop(deps: ContainerDeps, container: string, options: Parameters<ContainerVerbs['stop']>[1]): Promise<void> {
  const record = deps.catalog.find(container);
  // A start that is under way when the stop comes is waited for: it is what is to be stopped.
  const ended = await endProcess(deps, record.id, {
    signals: (running) => trying(`cannot stop container: ${container}`, () => politeSignals(deps, running, options)), onSignal: tellOfSignals(deps, record),
  });
  if (ended === undefined) throw new GantryError('notModified', 'container is already stopped');
  publishEvent(deps.events, record, 'stop');
}

/** The stop signal and its patience: what was asked, else the container's own, else SIGTERM and ten seconds. */
export function politeSignals(deps: Pick<ContainerDeps, 'settings'>, record: ContainerRecord, asked: { signal?: string; timeoutSeconds?: number }): SignalTry[] {
  const signal = signalNumber(asked.signal || record.config.stopSignal || 'SIGTERM');
  const seconds = asked.timeoutSeconds ?? record.config.stopTimeout ?? deps.settings.stopTimeoutSeconds;
  return [{ signal, patienceMs: seconds < 0 ? 'forever' : seconds * 1000 }];
}

export function tellOfSignals(deps: Pick<ContainerDeps, 'events'>, record: ContainerRecord): (signal: number) => void {
  return (signal) => publishEvent(deps.events, record, 'kill', { signal: String(signal) });
}
