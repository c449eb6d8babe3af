import { lstat, open, rename, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
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
  await checkDestination(path, failure);
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

/** Said before the engine is asked for anything: what is renamed over a device takes the device away. @throws invalid */
async function checkDestination(path: string, failure: string): Promise<void> {
  const refusal = (reason: string): GantryError => new GantryError('invalid', `${failure}: ${reason}`);
  const directory = dirname(path);
  const parent = await stat(directory).catch(() => undefined);
  if (parent === undefined) throw refusal(`invalid output path: stat ${directory}: no such file or directory`);
  if (!parent.isDirectory()) throw refusal(`invalid output path: stat ${directory}: not a directory`);
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) throw refusal(`cannot write to ${kindOf(found)}`);
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a directory';
  if (found.isSymbolicLink()) return 'a symbolic link directly';
  if (found.isFIFO()) return 'a named pipe (FIFO)';
  if (found.isSocket()) return 'a socket';
  return found.isCharacterDevice() ? 'a character device file' : 'a block device file';
}
