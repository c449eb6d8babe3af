import { GantryError } from '../base/errors.ts';
import type { OciRuntime } from '../engine/containers/deps.ts';
import { isRecord, isText, isTexts } from './value-kinds.ts';

/** `{"name": "/path"}` or Docker's `{"name": {"path": "/path", "runtimeArgs": ["--debug"]}}`. @throws invalid */
export function runtimesOf(value: Record<string, unknown> | undefined): Record<string, OciRuntime> {
  return Object.fromEntries(Object.entries(value ?? {}).map(([name, runtime]) => [name, runtimeOf(name, isText(runtime) ? { path: runtime } : runtime)]));
}

/** `name=/path`. @throws invalid, in Docker's words */
export function runtimeOfFlag(text: string): [name: string, runtime: OciRuntime] {
  const [, name = '', path = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === '') throw new GantryError('invalid', `invalid argument ${JSON.stringify(text)} for "--add-runtime" flag: invalid runtime argument: ${text}`);
  return [name, { path }];
}

/** The engine starts OCI runtimes itself: there is no containerd whose shims could be named. */
function runtimeOf(name: string, value: unknown): OciRuntime {
  const refused = (why: string): GantryError => new GantryError('invalid', `runtime ${name}: ${why}`);
  if (name === 'runc') throw new GantryError('invalid', `runtime name 'runc' is reserved`);
  if (!isRecord(value)) throw refused('expected a path, or an object with one');
  const { path, runtimeArgs, runtimeType, options, ...others } = value;
  if (path !== undefined && runtimeType !== undefined) throw refused('cannot configure both path and runtimeType for the same runtime');
  if (runtimeType !== undefined) throw refused(`the runtimeType ${String(runtimeType)} is not supported by this engine: give the path of an OCI runtime`);
  if (options !== undefined) throw refused('options cannot be used with a path runtime');
  if (!isText(path) || path === '') throw refused('either a runtimeType or a path must be configured');
  if (runtimeArgs !== undefined && !isTexts(runtimeArgs)) throw refused('runtimeArgs must be a list of texts');
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refused(`there is nothing called ${unknown}`);
  const args = runtimeArgs as string[] | undefined;
  return { path: path as string, ...(args !== undefined && args.length > 0 && { args }) };
}
