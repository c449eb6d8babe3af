import type { Readable } from 'node:stream';
import { GantryError } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';
import type { ContainerRecord } from './record.ts';
import { isAlive } from './transition.ts';
import type { LogOptions } from './verbs.ts';

/** @throws invalid when neither stream is wanted, or when the container's log driver keeps nothing to read. */
export async function logs(deps: ContainerDeps, container: string, options: LogOptions): Promise<{ tty: boolean; frames: Readable }> {
  if (!options.stdout && !options.stderr) throw new GantryError('invalid', 'Bad parameters: you must choose at least one stream');
  const record = deps.catalog.find(container);
  const driver = checkReadable(record);
  const tty = record.config.tty ?? false;
  const ended = (): boolean => {
    const state = deps.catalog.get(record.id)?.state;
    return state === undefined || !(isAlive(state) || state.status === 'starting' || state.status === 'restarting');
  };
  return { tty, frames: deps.readLog(record.logPath, driver, { ...options, tty, ended }) };
}

/** @returns the log driver @throws notImplemented for one that keeps nothing to read */
export function checkReadable(record: ContainerRecord): string {
  const driver = record.hostConfig.logConfig?.type ?? 'json-file';
  if (driver === 'none') throw new GantryError('notImplemented', 'configured logging driver does not support reading');
  return driver;
}
