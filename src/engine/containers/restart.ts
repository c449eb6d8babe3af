import { GantryError, hasKind, messageOf } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';
import { endProcess } from './end-process.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord } from './record.ts';
import { start } from './start.ts';
import { politeSignals, tellOfSignals } from './stop.ts';
import { tried } from './tried.ts';

/** Stops the container when it runs, and starts it. `--rm` does not take it in between. */
export async function restart(deps: ContainerDeps, container: string, options: { signal?: string; timeoutSeconds?: number }): Promise<void> {
  const record = deps.catalog.find(container);
  await again(deps, record, options).catch((cause: unknown) => { throw tried(`Cannot restart container ${container}`, cause); });
  publishEvent(deps.events, record, 'restart');
}

async function again(deps: ContainerDeps, record: ContainerRecord, options: { signal?: string; timeoutSeconds?: number }): Promise<void> {
  deps.restarting.add(record.id);
  try {
    const signals = politeSignals(deps, record, options);
    const ended = await endProcess(deps, record.id, { signals: () => signals, onSignal: tellOfSignals(deps, record) });
    if (ended === 'ended') publishEvent(deps.events, record, 'stop');
  } finally {
    deps.restarting.delete(record.id);
  }
  await start(deps, record.id).catch((error: unknown) => {
    // Somebody else may have started it meanwhile, which is what was asked.
    if (hasKind(error, 'notModified')) return;
    // Of another kind clients would take it for theirs: nothing is amiss with what they ask for, and the container is there.
    throw new GantryError('internal', messageOf(error), { cause: error });
  });
}
