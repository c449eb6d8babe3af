import { GantryError } from '../base/errors.ts';
import type { OciRuntime } from '../engine/containers/deps.ts';
import { findProgram } from '../host/find-program.ts';
import type { DaemonConfig } from './config.ts';

/** OCI runtimes of the host and of the settings. One of these that is not there, or not yet, is told to the container that names it, as by Docker. */
export function findRuntimes({ runtimes }: Pick<DaemonConfig, 'runtimes'>): Record<string, OciRuntime> {
  const found = ['crun', 'runc'].flatMap((name) => {
    const path = findProgram(name);
    return path === undefined ? [] : [[name, { path }] as const];
  });
  const added = Object.entries(runtimes).map(([name, runtime]) => [name, { ...runtime, path: findProgram(runtime.path) ?? runtime.path }] as const);
  return Object.fromEntries([...found, ...added]);
}

/** Names of those whose program is not there. */
export function missingRuntimes(runtimes: Record<string, OciRuntime>): string[] {
  return Object.keys(runtimes).filter((name) => findProgram(runtimes[name]!.path) === undefined);
}

/** crun starts a container three times as fast as runc. @throws invalid, unavailable */
export function chooseRuntime({ defaultRuntime }: Pick<DaemonConfig, 'defaultRuntime'>, runtimes: Record<string, OciRuntime>): string {
  const name = defaultRuntime ?? Object.keys(runtimes)[0];
  if (name === undefined) throw new GantryError('unavailable', 'there is no OCI runtime on this host', { hint: 'Install crun or runc, or run gantry setup.' });
  if (!Object.hasOwn(runtimes, name)) throw new GantryError('invalid', `specified default runtime '${name}' does not exist`, { hint: 'Install it, or name it with --add-runtime NAME=PATH.' });
  if (missingRuntimes({ [name]: runtimes[name]! }).length > 0) throw new GantryError('invalid', `the default runtime ${name} is not at ${runtimes[name]!.path}`);
  return name;
}
