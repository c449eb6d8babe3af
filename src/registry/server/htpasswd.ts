import { createHmac, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { GantryError } from '../../base/errors.ts';
import { passwordMatches } from '../../host/crypt.ts';

const strongHash = /^\$(?:2[aby]|5|6|y)\$/;
/** Compared with when the user does not exist, so that the time taken does not tell. */
const nobodysHash = '$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u';
const rememberedLogins = 1000;

/** @throws invalid, naming the line, for anything but bcrypt, SHA-256/512-crypt and yescrypt: the older hashes are broken */
export function parseHtpasswd(text: string): Map<string, string> {
  const users = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const hash = line.slice(colon + 1).trim();
    if (colon < 1) throw new GantryError('invalid', `htpasswd line ${index + 1} is not user:hash`);
    if (!strongHash.test(hash)) {
      throw new GantryError('invalid', `htpasswd line ${index + 1}: the hash of ${line.slice(0, colon)} is of a kind that is not accepted`, { hint: 'Make it with: htpasswd -B' });
    }
    users.set(line.slice(0, colon), hash);
  }
  return users;
}

/** Checks passwords against a file, which is read again when it changed. Right answers are remembered as keyed hashes, since bcrypt is slow on purpose. */
export async function createHtpasswd(path: string): Promise<(user: string, password: string) => Promise<boolean>> {
  const key = randomBytes(32);
  const known = new Set<string>();
  let users = new Map<string, string>();
  let version = '';
  const refresh = async (): Promise<void> => {
    const { mtimeMs, size, ino } = await stat(path);
    const found = `${mtimeMs} ${size} ${ino}`;
    if (found === version) return;
    users = parseHtpasswd(await readFile(path, 'utf8'));
    version = found;
    known.clear();
  };
  await refresh();
  return async (user, password) => {
    await refresh();
    const hash = users.get(user);
    const proof = createHmac('sha256', key).update(`${user}\0${hash}\0${password}`).digest('hex');
    if (known.has(proof)) return true;
    const matches = await passwordMatches(password, hash ?? nobodysHash) && hash !== undefined;
    if (!matches) return false;
    if (known.size >= rememberedLogins) known.clear();
    known.add(proof);
    return true;
  };
}
