import { GantryError, errnoOf } from '../../base/errors.ts';

export const maxPath = 4096;

/** Components without `.` and empty ones; a leading slash counts for nothing. @throws invalid on `..`, or a name too long. */
export function cleanParts(name: string): string[] {
  if (name.length > maxPath) throw new GantryError('invalid', 'invalid archive: a name is longer than 4096 bytes');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new GantryError('invalid', `invalid archive: ${JSON.stringify(name.slice(0, 200))} leads out of its directory`);
  return parts;
}

const hostile = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV', 'EINVAL', 'ENAMETOOLONG', 'EMLINK', 'EPERM', 'EISDIR', 'EFBIG', 'ERANGE', 'E2BIG']);

/** What the kernel refused while a member was being made, in words: a full disk, or an archive that asks for what cannot be. */
export function describeFailure(error: unknown, name: string): unknown {
  const code = errnoOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new GantryError('exhausted', `no space left on device while writing ${name.slice(0, 200)}`, { cause: error, hint: 'Free some space under the root directory.' });
  }
  if (code === undefined || !hostile.has(code)) return error;
  return new GantryError('invalid', `invalid archive: cannot make ${JSON.stringify(name.slice(0, 200))} (${code})`, { cause: error });
}
