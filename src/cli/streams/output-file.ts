import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { GantryError } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { write } from './session.ts';

/**
 * Writes a body to a file, or to stdout when the path is empty (not to a terminal). The file appears whole or not at all. `failure` begins what is said of
 * a path that cannot be written.
 */
export async function writeOutput(context: Context, { path, failure }: { path: string; failure: string }, body: () => Promise<AsyncIterable<Buffer>>): Promise<void> {
  if (path === '') {
    if (context.stdout.isTTY) throw new GantryError('invalid', 'cowardly refusing to save to a terminal. Use the -o flag or redirect');
    for await (const chunk of await body()) await write(context.stdout, chunk);
    return;
  }
  await checkDirectory(path, failure);
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  const source = await body();
  const file = await open(partial, 'wx');
  try {
    for await (const chunk of source) await file.writeFile(chunk);
    await file.close();
    await rename(partial, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

/** Said before the engine is asked for anything. */
async function checkDirectory(path: string, failure: string): Promise<void> {
  const directory = dirname(path);
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined) throw new GantryError('invalid', `${failure}: invalid output path: stat ${directory}: no such file or directory`);
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) throw new GantryError('invalid', `${failure}: cannot write to a directory`);
}
