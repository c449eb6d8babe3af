import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../../../base/errors.ts';

/** Temporary files of writes that a crash cut off; no name of the registry begins like this. */
const temporaryPrefix = '.new-';

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder whose existence survives a power cut. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

/** Writes a small file whole or not at all: temporary name, fsync, rename, fsync of the folder. */
export async function writeDurably(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = join(dirname(path), temporaryPrefix + randomBytes(8).toString('hex'));
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The names in a folder, without what a crash left; none when it does not exist. */
export async function namesIn(path: string): Promise<string[]> {
  const names = await orAbsent(readdir(path)) ?? [];
  return names.filter((name) => !name.startsWith(temporaryPrefix)).sort();
}

export async function removeFile(path: string): Promise<boolean> {
  const gone = await orAbsent(rm(path).then(() => true));
  if (gone === true) await syncFolder(dirname(path));
  return gone === true;
}

/** Undefined instead of an error when the file, or a folder above it, does not exist. */
export async function orAbsent<T>(act: Promise<T>): Promise<T | undefined> {
  try {
    return await act;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
