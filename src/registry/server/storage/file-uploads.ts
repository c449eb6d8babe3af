import { randomBytes } from 'node:crypto';
import { readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn, orAbsent, removeFile, writeDurably } from './durable-files.ts';
import type { UploadStore } from './storage.ts';

/** `<root>/uploads/<id>` holds the repository's name; the bytes are an ingest of the blob store. */
export function createFileUploads(root: string): UploadStore {
  const path = (id: string): string => join(root, 'uploads', id);
  return {
    async create(repository) {
      const id = randomBytes(16).toString('hex');
      await writeDurably(path(id), repository);
      return id;
    },
    async find(id) {
      const repository = await orAbsent(readFile(path(id), 'utf8'));
      const now = new Date();
      if (repository !== undefined) await orAbsent(utimes(path(id), now, now));
      return repository;
    },
    async remove(id) {
      await removeFile(path(id));
    },
    async stale(olderThanMs) {
      const ids = await namesIn(join(root, 'uploads'));
      const times = await Promise.all(ids.map(async (id) => (await orAbsent(stat(path(id))))?.mtimeMs));
      return ids.filter((_, index) => (times[index] ?? Infinity) < olderThanMs);
    },
  };
}
