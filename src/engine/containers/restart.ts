import { hasKind } from '../../base/errors.ts';
import { cancelRestart } from './cancel-restart.ts';
import type { ContainerDeps } from './deps.ts';
import { endProcess } from './end-process.ts';
import { publishEvent } from './publish-event.ts';
import { start } from './start.ts';
import { politeness } from './stop.ts';

/** Stops the container when it runs, and starts it. `--rm` does not take it in between. */
export async function restart(deps: ContainerDeps, container: string, options: { signal?: string; timeoutSeconds?: number }): Promise<void> {
  const record = deps.catalog.find(container);
  deps.restarting.add(record.id);
  try {
    await cancelRestart(deps, record.id);
    const ended = await endProcess(deps, record.id, { ...politeness(deps, record, options), stoppedByHand: true });
    if (ended) publishEvent(deps.events, record, 'stop');
  } finally {
    deps.restarting.delete(record.id);
  }
  // Somebody else may have started it meanwhile, which is what was asked.
  await start(deps, record.id).catch((error: unknown) => {
    if (!hasKind(error, 'notModified')) throw error;
  });
  publishEvent(deps.events, record, 'restart');
}
