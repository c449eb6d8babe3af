import { constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mayAccess } from './access.ts';

/** Where a host's programs are; a service's PATH, or a person's, may lack some of it. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The first executable of that name on PATH, then in the host's own folders. A name with a slash is a path, and the only one. Folders that are relative to somewhere are not looked into. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder.startsWith('/')), ...systemFolders];
  const candidates = name.includes('/') ? [name] : folders.map((folder) => join(folder, name));
  return candidates.find((candidate) => mayAccess(candidate, constants.X_OK));
}
