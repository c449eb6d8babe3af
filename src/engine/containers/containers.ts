import { Turns } from '../../base/turns.ts';
import { attach } from './attach.ts';
import { create } from './create.ts';
import type { ContainerDeps } from './deps.ts';
import { inspect } from './inspect.ts';
import { kill } from './kill.ts';
import { list } from './list.ts';
import { logs } from './logs.ts';
import { pause, unpause } from './pause.ts';
import { prune } from './prune.ts';
import { publishEvent } from './publish-event.ts';
import { remove } from './remove.ts';
import { rename } from './rename.ts';
import { restart } from './restart.ts';
import { start } from './start.ts';
import { StatsReaders } from './stats.ts';
import { stop } from './stop.ts';
import { top } from './top.ts';
import { isAlive, notRunning } from './transition.ts';
import { update } from './update.ts';
import type { ContainerVerbs } from './verbs.ts';
import { wait } from './wait.ts';

/** All verbs over one set of parts. */
export function createContainerVerbs(deps: ContainerDeps): ContainerVerbs {
  const readers = new StatsReaders(deps);
  const turns = new Turns();
  /** For what is a long row of system calls. */
  const inTurn = async <T>(act: () => Promise<T>): Promise<T> => {
    await turns.take();
    return await act();
  };
  return {
    create: (request) => inTurn(() => create(deps, request)),
    start: (container) => start(deps, container, () => turns.take()),
    stop: (container, options) => stop(deps, container, options),
    kill: (container, signal) => kill(deps, container, signal),
    restart: (container, options) => inTurn(() => restart(deps, container, options)),
    pause: (container) => pause(deps, container),
    unpause: (container) => unpause(deps, container),
    rename: (container, name) => rename(deps, container, name),
    remove: (container, options) => inTurn(() => remove(deps, container, options)),
    resize: async (container, size) => {
      const record = deps.catalog.find(container);
      if (!isAlive(record.state)) throw notRunning(record.id);
      await deps.runtime.resize({ id: record.id }, size);
      publishEvent(deps.events, record, 'resize', { height: String(size.rows), width: String(size.columns) });
    },
    wait: (container, condition, abort) => wait(deps, container, condition, abort),
    attach: (container, options) => attach(deps, container, options),
    logs: (container, options) => logs(deps, container, options),
    stats: (container, options) => readers.stats(container, options),
    top: (container, psArgs) => top(deps, container, psArgs),
    list: (options) => list(deps, options),
    inspect: (container, options) => inspect(deps, container, options),
    prune: (filters) => prune(deps, filters),
    update: (container, change) => update(deps, container, change),
  };
}
