import { createFileBlobs } from './file-blobs.ts';
import { createFileRepositories } from './file-repositories.ts';
import { createFileUploads } from './file-uploads.ts';
import type { RegistryStorage } from './storage.ts';

/** Everything in one folder, for a registry that runs on its own. */
export function createFilesystemStorage(root: string): RegistryStorage {
  return { blobs: createFileBlobs(root), repositories: createFileRepositories(root), uploads: createFileUploads(root) };
}
