import { readFileSync } from 'node:fs';
import { GantryError, messageOf } from '../base/errors.ts';
import { containerKeys } from './container-settings.ts';
import { fixedKeys } from './fixed-settings.ts';
import { networkKeys } from './network-settings.ts';
import { registryKeys } from './registry-settings.ts';
import { isFlag, isRecord, isText, isTexts } from './value-kinds.ts';

/** By the names of the file's keys, wherever they come from. */
export type Settings = Record<string, unknown>;

/** Docker's names beside ours. */
const otherNames: Record<string, string> = { 'data-root': 'root', 'exec-root': 'run' };

/** Keys of the file, each with the check of its value. They are Docker's, where Docker has one. */
const keys: Record<string, (value: unknown) => boolean> = {
  root: isText, 'data-root': isText, run: isText, 'exec-root': isText, hosts: isTexts, 'log-level': isText, 'log-format': isText, debug: isFlag, group: isText,
  tls: isFlag, tlsverify: isFlag, tlscacert: isText, tlscert: isText, tlskey: isText, 'allow-tcp-without-tls': isFlag, pidfile: isText,
  'default-runtime': isText, runtimes: isRecord, 'log-driver': isText, 'log-opts': isRecord, init: isFlag, 'init-path': isText,
  'default-stop-timeout': Number.isInteger, 'shutdown-timeout': Number.isInteger, labels: isTexts, snapshotter: isText, registry: (value) => isText(value) || isRecord(value), ...registryKeys, ...networkKeys, ...containerKeys, ...fixedKeys,
};

/** @throws invalid in Docker's words for what is no JSON and for unknown keys, all of them at once */
export function readConfigFile(path: string): Settings {
  const refused = (why: string, cause?: unknown): GantryError => new GantryError('invalid', `unable to configure the Docker daemon with file ${path}: ${why}`, { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8').trim() || '{}');
  } catch (cause) {
    throw refused(messageOf(cause), cause);
  }
  if (!isRecord(parsed)) throw refused('it must hold one object');
  const unknown = Object.keys(parsed).filter((key) => !Object.hasOwn(keys, key));
  if (unknown.length > 0) throw refused(`the following directives don't match any configuration option: ${unknown.join(', ')}`);
  // Go reads null as nothing said.
  const settings: Settings = Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== null));
  const wrong = Object.keys(settings).find((key) => keys[key]?.(settings[key]) !== true);
  if (wrong !== undefined) throw refused(`${wrong} cannot be ${JSON.stringify(settings[wrong])}`);
  return withOneName(settings, path);
}

/** `data-root` becomes `root`. @throws invalid when a place says both */
export function withOneName(settings: Settings, place: string): Settings {
  const result = { ...settings };
  for (const [other, name] of Object.entries(otherNames)) {
    if (result[other] === undefined) continue;
    if (result[name] !== undefined) throw new GantryError('invalid', `${place}: ${other} and ${name} are one setting: give it once`);
    result[name] = result[other];
    delete result[other];
  }
  return result;
}

/** A setting has one place: whoever changes one of two would wonder. @throws invalid in Docker's words */
export function refuseDoubles(path: string, flags: Settings, file: Settings): void {
  const doubles = Object.keys(file).filter((key) => flags[key] !== undefined).map((key) => `${key}: (from flag: ${shown(flags[key])}, from file: ${shown(file[key])})`);
  if (doubles.length === 0) return;
  throw new GantryError('invalid', `unable to configure the Docker daemon with file ${path}: the following directives are specified both as a flag and in the configuration file: ${doubles.join(', ')}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(' ')}]`;
  // As Go writes a map.
  return isRecord(value) ? `map[${Object.keys(value).sort().map((key) => `${key}:${shown(value[key])}`).join(' ')}]` : String(value);
}
