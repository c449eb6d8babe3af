import { GantryError } from '../base/errors.ts';
import { findProgram } from '../host/find-program.ts';
import type { DaemonConfig } from './config.ts';

/** OCI runtimes of the host and of the configuration. @throws invalid for one that is not there */
export function findRuntimes(config: DaemonConfig): Record<string, { path: string }> {
  const found = ['crun', 'runc'].flatMap((name) => {
    const path = findProgram(name);
    return path === undefined ? [] : [[name, { path }] as const];
  });
  const added = Object.entries(config.runtimes).map(([name, text]) => {
    const path = findProgram(text);
    if (path === undefined) throw new GantryError('invalid', `the runtime ${name} is not at ${text}`);
    return [name, { path }] as const;
  });
  return Object.fromEntries([...found, ...added]);
}

/** crun starts a container three times as fast as runc. */
export function chooseRuntime(config: DaemonConfig, runtimes: Record<string, { path: string }>): string {
  const name = config.defaultRuntime ?? Object.keys(runtimes)[0];
  if (name === undefined) throw new GantryError('unavailable', 'there is no OCI runtime on this host', { hint: 'Install crun or runc, or run gantry setup.' });
  if (runtimes[name] === undefined) throw new GantryError('invalid', `the default runtime ${name} is neither installed nor given by --add-runtime`);
  return name;
}
