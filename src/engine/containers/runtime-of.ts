import { accessSync, constants } from 'node:fs';
import { errnoOf, GantryError } from '../../base/errors.ts';
import type { ContainerSettings, OciRuntime } from './deps.ts';

/** The OCI runtime of that name. @throws invalid, in Docker's words, for one that is unknown or whose program is not there */
export function runtimeOf(settings: Pick<ContainerSettings, 'runtimes'>, name: string): OciRuntime {
  const runtime = Object.hasOwn(settings.runtimes, name) ? settings.runtimes[name] : undefined;
  if (runtime === undefined) throw new GantryError('invalid', `unknown or invalid runtime name: ${name}`);
  try {
    accessSync(runtime.path, constants.X_OK);
  } catch (cause) {
    const { path } = runtime;
    const why = !path.includes('/') ? 'executable file not found in $PATH' : errnoOf(cause) === 'EACCES' ? 'permission denied' : `stat ${path}: no such file or directory`;
    throw new GantryError('invalid', `error while looking up the specified runtime path: exec: ${JSON.stringify(path)}: ${why}`, { cause });
  }
  return runtime;
}
