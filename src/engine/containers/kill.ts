import { hasKind, type GantryError } from '../../base/errors.ts';
import { cancelRestart } from './cancel-restart.ts';
import type { ContainerDeps } from './deps.ts';
import { endProcess } from './end-process.ts';
import { wake } from './pause.ts';
import { publishEvent } from './publish-event.ts';
import { concernsBoot } from './restart-policy.ts';
import { SIGKILL, signalNumber } from './signals.ts';
import { isAlive, notRunning } from './transition.ts';
import { tried, trying } from './tried.ts';

/**
 * Sends a signal. SIGKILL also waits for the end; it and the container's stop signal count as a stop by hand, so no restart policy undoes them.
 * One that is paused runs again to take its stop signal, or any signal when it names none. Between two runs it is simply stopped.
 * @throws conflict when it does not run
 */
export async function kill(deps: ContainerDeps, container: string, signal: string): Promise<void> {
  const what = `cannot kill container: ${container}`;
  const number = trying(what, () => signalNumber(signal || 'SIGKILL'));
  const { id, name } = trying(what, () => deps.catalog.find(container));
  const refused = (): GantryError => tried(what, notRunning(id));
  const told = (sent: number): void => publishEvent(deps.events, { ...deps.catalog.current(id), name }, 'kill', { signal: String(sent) });
  if (number === SIGKILL) {
    if (await endProcess(deps, id, { onSignal: told }) === undefined) throw refused();
    return;
  }
  await deps.locks.run(id, async () => {
    const record = deps.catalog.current(id);
    if (cancelRestart(deps, record)) return;
    if (!isAlive(record.state)) throw refused();
    const isStop = number === signalNumber(record.config.stopSignal || 'SIGTERM');
    if (isStop && !record.stoppedByHand) deps.catalog.save({ ...record, stoppedByHand: true }, { durable: concernsBoot(record.hostConfig.restartPolicy) });
    try {
      await deps.runtime.signal({ id }, number);
    } catch (error) {
      if (hasKind(error, 'conflict') || hasKind(error, 'notFound')) throw refused();
      throw error;
    }
    told(number);
    if (isStop || !record.config.stopSignal) await wake(deps, id);
  });
}
