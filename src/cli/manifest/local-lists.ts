import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, GantryError } from '../../base/errors.ts';
import { configDirectory } from '../connection/config-file.ts';
import type { Context } from '../context.ts';
import { canonicalName, splitReference, withDefaultTag } from '../image/reference.ts';
import type { Descriptor } from './fetch.ts';

/** A manifest list that is being put together: kept beside the configuration until it is pushed. */
export interface LocalList { name: string; members: Member[] }
export interface Member { /** As the person named it, canonical. */ name: string; descriptor: Descriptor }

export function readList(context: Context, name: string): LocalList | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(context, name), 'utf8')) as LocalList;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws notFound with Docker's sentence */
export function needList(context: Context, name: string): LocalList {
  const list = readList(context, name);
  if (list === undefined) throw new GantryError('notFound', `No such manifest: ${fullName(name)}`);
  return list;
}

export function writeList(context: Context, list: LocalList): void {
  const file = fileOf(context, list.name);
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(list, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
}

export function removeList(context: Context, name: string): void {
  needList(context, name);
  rmSync(fileOf(context, name));
}

function fileOf(context: Context, name: string): string {
  return join(configDirectory(context.env, context.globals.config), 'manifests', `${encodeURIComponent(fullName(name))}.json`);
}

/** The name that counts: with its registry and its tag. */
export function fullName(name: string): string {
  return canonicalName(withDefaultTag(name));
}

/** The repository of a member, and its digest: what a registry finds for certain. */
export function pinned({ name, descriptor }: Member): string {
  return `${splitReference(name).name}@${descriptor.digest}`;
}
