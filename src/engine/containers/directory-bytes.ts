import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';

/** Bytes of the files below a directory, a hard link once. What disappears meanwhile does not count. */
export async function directoryBytes(path: string): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  const pending = [path];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const entry of await namesIn(directory)) {
      const at = join(directory, entry.name);
      if (entry.isDirectory()) pending.push(at);
      else bytes += await fileBytes(at, seen);
    }
  }
  return bytes;
}

async function namesIn(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function fileBytes(path: string, seen: Set<string>): Promise<number> {
  try {
    const stats = await lstat(path);
    if (stats.nlink > 1) {
      const key = `${stats.dev}:${stats.ino}`;
      if (seen.has(key)) return 0;
      seen.add(key);
    }
    return stats.isFile() || stats.isSymbolicLink() ? stats.size : 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw error;
  }
}
